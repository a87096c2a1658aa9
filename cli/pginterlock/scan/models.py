"""Classes that map tables: what they inherit, how they are named, what manages them. Pure."""

import ast
import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from pginterlock.scan import managers
from pginterlock.scan.definitions import last_name
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Function,
    Instance,
    Kinds,
    Many,
    Tuple,
    classes,
    many,
    union,
)
from pginterlock.scan.made_classes import made_of
from pginterlock.scan.model_bodies import has_fields, is_abstract
from pginterlock.scan.modules import Module, class_names, class_of, function_of

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

# Of a page, or of a set of forms.
_PAGED = frozenset(["items", "object_list", "forms", "new_objects", "deleted_objects"])
_CHANGED = "changed_objects"  # each with the names of its fields
_PLAIN = frozenset(["object", "ABC", "Generic", "Protocol"])  # bases that say nothing
_FEW = 12  # classes of one name
MANAGED = re.compile(r"(Manager|QuerySet|Queryset)$")


class Models:
    """What is known of the classes of a project."""

    def __init__(self, reader: "Reader") -> None:
        self.reader = reader
        self.self_assignments: dict[ClassDef, dict[str, Sequence[Any]]] = {}
        self._ancestry: dict[ClassDef, Sequence[ClassDef]] = {}
        self._foreign: dict[ClassDef, frozenset[str]] = {}
        self._made_of_querysets: Mapping[str, Sequence[str]] | None = None
        self._below: dict[ClassDef, Sequence[ClassDef]] = {}
        self._with: dict[tuple[ClassDef, str, int], Sequence[ClassDef]] = {}
        self._tracing: dict[ClassDef, int] = {}  # and how many questions stood open before it

    @property
    def made_of_querysets(self) -> Mapping[str, Sequence[str]]:
        """The names of managers' classes that are made of querysets, by the name of these."""
        if self._made_of_querysets is None:
            self._made_of_querysets = managers.made_of_querysets(self.reader)
        return self._made_of_querysets

    def forget(self, *, trees: bool) -> None:
        """Forget what was found: it is found again when it is asked for; of *trees* theirs too."""
        if trees:
            self.self_assignments.clear()
        self._ancestry.clear()
        self._foreign.clear()
        self._below.clear()
        self._with.clear()
        self._made_of_querysets = None

    # -- inheritance -------------------------------------------------------------------------

    def ancestry(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class and those that it inherits from."""
        if of in self._ancestry:
            return self._ancestry[of]
        if of in self._tracing:
            self.reader.lacks(self._tracing[of])
            return [of]
        self._tracing[of] = self.reader.open
        try:
            (found, foreign), is_whole = self.reader.apart(lambda: self._traced(of))
        finally:
            del self._tracing[of]
        if is_whole:
            self._ancestry[of] = found
        self._foreign[of] = foreign
        return found

    def _traced(self, of: ClassDef) -> tuple[Sequence[ClassDef], frozenset[str]]:
        """Return the ancestry of a class, and the last names of the bases from elsewhere."""
        found: dict[ClassDef, None] = {of: None}
        foreign: set[str] = set()
        for base in of.node.bases:
            inner = base.value if isinstance(base, ast.Subscript) else base
            kinds = self.reader.expression(inner, of.module, of.node)
            held = [it.of for it in kinds if isinstance(it, Class)]
            for above in held:
                if above is not of:
                    found |= dict.fromkeys(self.ancestry(above))
                    foreign |= self.foreign(above)
            if not held:
                foreign.add(last_name(inner))
                if isinstance(inner, ast.Call):
                    for arg in inner.args:
                        for kind in self.reader.expression(arg, of.module, of.node):
                            if isinstance(kind, Class):
                                found |= dict.fromkeys(self.ancestry(kind.of))
        return list(found), frozenset(foreign)

    def foreign(self, of: ClassDef) -> frozenset[str]:
        """Return the last names of the bases that come from elsewhere."""
        self.ancestry(of)
        return self._foreign.get(of, frozenset())

    def below(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return the classes that inherit from a class, found by its name in their bases."""
        if of in self._below:
            return self._below[of]
        self._below[of] = []  # what asks for itself meanwhile
        found, is_whole = self.reader.apart(lambda: self._heirs(of))
        if is_whole:
            self._below[of] = found
        else:
            del self._below[of]
        return found

    def _heirs(self, of: ClassDef) -> Sequence[ClassDef]:
        found: dict[ClassDef, None] = {}
        for path, name in self.reader.project.heirs(of.name):
            module = self.reader.project.module(path)
            for it in module.classes_named(name) if module else ():
                if it is not of and of in self.ancestry(it):
                    found |= {it: None, **dict.fromkeys(self.below(it))}
        return list(found)

    def heirs_with(self, of: ClassDef, word: str, limit: int) -> Sequence[ClassDef]:
        """Return the heirs of a class in files that hold *word*; none where they are too many."""
        key = (of, word, limit)
        if (known := self._with.get(key)) is not None:
            return known
        found, is_whole = self.reader.apart(lambda: self._heirs_with(*key))
        if is_whole:
            self._with[key] = found
        return found

    def _heirs_with(self, of: ClassDef, word: str, limit: int) -> Sequence[ClassDef]:
        project, raw = self.reader.project, word.encode()
        if not project.heirs(of.name):
            return []
        names, asked = {of.name: None}, [of.name]
        found: dict[tuple[str, str], None] = {}
        while asked:
            for path, name in project.heirs(asked.pop()):
                if raw in project.text(path):
                    found[path, name] = None
                if name not in names:
                    names[name] = None
                    asked.append(name)
            if len(found) > limit:
                return []
        modules = ((project.module(path), name) for path, name in found)
        return [
            it
            for module, name in modules
            for it in (module.classes_named(name) if module else ())
            if it is not of and of in self.ancestry(it)
        ]

    def is_model(self, of: ClassDef) -> bool:
        """Say whether a class maps a table, or is a part of one that does."""
        foreign = self.foreign(of)
        return (
            any(self._maps(it) for it in self.ancestry(of))
            or "Model" in foreign
            or (
                any(it.endswith("Model") for it in foreign)
                and any(map(has_fields, self.ancestry(of)))
            )
        )

    @staticmethod
    def _maps(of: ClassDef) -> bool:
        return "__tablename__" in class_names(of) or "__table__" in class_names(of)

    def parents(self, module: Module, at: ast.AST, name: str = "") -> Kinds:
        """Return what ``super()`` is at a statement, where its member *name* is asked for."""
        function = function_of(module, at)
        owner = class_of(function) if function else None
        if function is None or owner is None:
            return NOTHING
        if several := self.as_manager(owner):
            managing = [
                it for it in self.ancestry(owner) if it is not owner and self.is_managing(it)
            ]
            via = managing[0] if managing else None
            return frozenset(Many(it.item, True, via) for it in several if isinstance(it, Many))
        above = self._above(owner, function)
        own = (it for it in above if name in class_names(it))
        return frozenset(map(Instance, [next(own, above[0])])) if above else NOTHING

    def _above(self, owner: ClassDef, function: Function) -> Sequence[ClassDef]:
        """Return the classes after *owner* in the ancestry of what its method is called on."""
        frame = self.reader.frame
        given = frame[1] if frame is not None and frame[0] is function else ()
        asked = [it.of for _, kinds in given for it in kinds if isinstance(it, (Instance, Class))]
        for of in (*asked, owner):
            line = self.ancestry(of)
            if owner in line:
                return line[line.index(owner) + 1 :]
        return ()

    def inherited(self, name: str, module: Module, at: ast.AST) -> Kinds:
        """Return what a method gives that ``super()`` finds in a framework."""
        function = function_of(module, at)
        owner = class_of(function) if function else None
        return self.framework_call(Instance(owner), name) if owner else NOTHING

    def framework_call(self, kind: Instance | Class, name: str) -> Kinds:
        """Return what a method that the class inherits from a framework gives."""
        raise NotImplementedError

    # -- names -------------------------------------------------------------------------------

    def named(self, name: str, module: Module) -> Kinds:
        """Return the classes of a name such as ``Order`` or ``order.Order``."""
        bare = name.rpartition(".")[2]
        found = self.reader.project.classes_named(bare) or [
            it
            for one in self.reader.project.class_names_like(bare.lower())
            for it in self.reader.project.classes_named(one)
        ]
        found = found or made_of(self.reader, bare)
        mapped = [it for it in found if self.is_model(it)] or found
        near = [it for it in mapped if it.module is module] or self._of_app(name, mapped)
        return frozenset(Class(it) for it in near)

    def called(self, name: str) -> Kinds:
        """Return the only model of a name that is a class's, of whatever holds it: ``x.Order``.

        With it the other classes that have its name: the class may be one of them. Of a name that
        classes of many files have, nothing is said.
        """
        if not name[:1].isupper() or name.isupper():
            return NOTHING
        if self.reader.project.files_of_class(name) > _FEW:
            return NOTHING
        named = self.reader.project.classes_named(name)
        found = [*islice((it for it in named if self.is_model(it)), 2)]
        if len(found) != 1:
            return NOTHING
        return frozenset(map(Class, named if len(named) <= _FEW else found))

    @staticmethod
    def _of_app(name: str, found: Sequence[ClassDef]) -> Sequence[ClassDef]:
        app = name.rpartition(".")[0]
        fits = [it for it in found if app and f"/{app}/" in f"/{it.module.path}"]
        return fits or found

    def user(self) -> Kinds:
        """Return the model of users, where the project has its own."""
        found = [it for it in self.reader.project.classes_named("User") if self.is_model(it)]
        return frozenset(Class(it) for it in found)

    def as_held(self, kinds: Kinds) -> Kinds:
        """Return *kinds*, those of a manager's or queryset's class as the several that it holds."""
        return union(
            (self.as_manager(it.of) if isinstance(it, Instance) else NOTHING) or frozenset([it])
            for it in kinds
        )

    def concrete(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class, or where it is abstract those that inherit from it."""
        if not self.is_abstract(of):
            return [of]
        return [it for it in self.below(of) if not self.is_abstract(it)] or [of]

    @staticmethod
    def is_abstract(of: ClassDef) -> bool:
        """Say whether a class is a part of models only: ``abstract = True``."""
        return is_abstract(of)

    def is_kin(self, one: ClassDef, other: ClassDef) -> bool:
        """Say whether rows of one class may be rows of the other."""
        if one is other or one.name == other.name:
            return True
        return one in self.ancestry(other) or other in self.ancestry(one)

    # -- managers ----------------------------------------------------------------------------

    def is_managing(self, of: ClassDef) -> bool:
        """Say whether a class is a manager or a queryset: it has one of a framework above it."""
        foreign = self.foreign(of)
        if any(MANAGED.search(it) for it in foreign):
            return True
        named = any(MANAGED.search(it.name) for it in self.ancestry(of))
        return named and bool(foreign - _PLAIN)

    def as_manager(self, of: ClassDef) -> Kinds:
        """Return the rows that a manager's or queryset's class holds; nothing for another class."""
        if not self.is_managing(of):
            return NOTHING
        return self.reader.once((of, "manages"), managers.managed(self.reader, of))

    def of_many(self, kind: Many, name: str) -> Kinds:
        """Return what the attribute of a manager or queryset is."""
        if name == "model":
            return classes(kind.item)
        if name in _PAGED:
            return frozenset([kind])
        if name == _CHANGED:
            return many(frozenset([Tuple((kind.item, NOTHING))]))
        return self.manager_method(kind, name) if kind.via else NOTHING

    def manager_method(self, kind: Many, name: str) -> Kinds:
        """Return the method of that name of a manager's own class."""
        for base in self.ancestry(kind.via) if kind.via else ():
            for it in class_names(base).get(name, ()):
                if it.how == "def":
                    return frozenset([Callee(base.module.scopes[it.stmt], kind)])  # type: ignore[arg-type]
        return NOTHING
