"""Classes that map tables: what they inherit, what their relations lead to, what they manage. Pure."""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pginterlock.scan import orm
from pginterlock.scan.definitions import annotation, last_name
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Instance,
    Kinds,
    Many,
    classes,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module, class_names, class_of, function_of

if TYPE_CHECKING:
    from pginterlock.scan.infer import Reader

_MANAGED = re.compile(r"(Manager|QuerySet|Queryset)$")
_CONTEXT_MEMBERS = frozenset(["instance", "object", "obj"])
_CONTEXT_CALLS = frozenset(
    [
        "save",
        "get_object",
        "get_instance",
        "create",
        "update",
        "build",
        "create_batch",
        "perform_create",
    ]
)


class Models:
    """What is known of the classes of a project."""

    def __init__(self, reader: "Reader") -> None:
        self.reader = reader
        self.self_assignments: dict[
            ClassDef, dict[str, Sequence[tuple[ast.stmt, ast.AST | None, ast.AST | None]]]
        ] = {}
        self._ancestry: dict[ClassDef, Sequence[ClassDef]] = {}
        self._foreign: dict[ClassDef, frozenset[str]] = {}
        self._below: dict[ClassDef, Sequence[ClassDef]] = {}

    # -- inheritance -------------------------------------------------------------------------

    def ancestry(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class and those that it inherits from."""
        if of not in self._ancestry:
            self._ancestry[of] = [of]  # what asks for itself meanwhile
            found: dict[ClassDef, None] = {of: None}
            foreign: set[str] = set()
            for base in of.node.bases:
                inner = base.value if isinstance(base, ast.Subscript) else base
                kinds = self.reader.expression(inner, of.module, of.node)
                held = [it.of for it in kinds if isinstance(it, Class)]
                for it in held:
                    if it is not of:
                        found |= dict.fromkeys(self.ancestry(it))
                        foreign |= self.foreign(it)
                if not held:
                    foreign.add(last_name(inner))
                    if isinstance(inner, ast.Call):
                        for arg in inner.args:
                            for it in self.reader.expression(arg, of.module, of.node):
                                if isinstance(it, Class):
                                    found |= dict.fromkeys(self.ancestry(it))
            self._ancestry[of] = list(found)
            self._foreign[of] = frozenset(foreign)
        return self._ancestry[of]

    def foreign(self, of: ClassDef) -> frozenset[str]:
        """Return the last names of the bases that come from elsewhere."""
        self.ancestry(of)
        return self._foreign.get(of, frozenset())

    def below(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return the classes that inherit from a class, found by its name in their bases."""
        if of not in self._below:
            self._below[of] = []
            found: dict[ClassDef, None] = {}
            for path, name in self.reader.project.heirs(of.name):
                module = self.reader.project.module(path)
                for it in module.classes.get(name, ()) if module else ():
                    if it is not of and of in self.ancestry(it):
                        found |= {it: None, **dict.fromkeys(self.below(it))}
            self._below[of] = list(found)
        return self._below[of]

    def is_model(self, of: ClassDef) -> bool:
        """Say whether a class maps a table, or is a part of one that does."""
        return any(self._maps(it) for it in self.ancestry(of)) or "Model" in self.foreign(of)

    @staticmethod
    def _maps(of: ClassDef) -> bool:
        return "__tablename__" in class_names(of) or "__table__" in class_names(of)

    def parents(self, module: Module, at: ast.AST) -> Kinds:
        """Return what ``super()`` is at a statement."""
        function = function_of(module, at)
        owner = class_of(function) if function else None
        if owner is None:
            return NOTHING
        if several := self.as_manager(owner):
            managing = [
                it for it in self.ancestry(owner) if it is not owner and self._is_managing(it)
            ]
            via = managing[0] if managing else None
            return frozenset(Many(it.item, True, via) for it in several if isinstance(it, Many))
        above = [it for it in self.ancestry(owner) if it is not owner]
        return frozenset([Instance(above[0])]) if above else NOTHING

    # -- names -------------------------------------------------------------------------------

    def named(self, name: str, module: Module) -> Kinds:
        """Return the classes of a name such as ``Order`` or ``order.Order``."""
        bare = name.rpartition(".")[2]
        found = self.reader.project.classes_named(bare) or [
            it
            for one in self._names_like(bare.lower())
            for it in self.reader.project.classes_named(one)
        ]
        mapped = [it for it in found if self.is_model(it)] or found
        near = [it for it in mapped if it.module is module] or self._of_app(name, mapped)
        return frozenset(Class(it) for it in near)

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

    # -- relations ---------------------------------------------------------------------------

    def field(self, value: ast.Call, of: ClassDef, stmt: ast.AST, kind: Instance | Class) -> Kinds:
        """Return what a field of a model gives: the rows it leads to, or those of a manager."""
        name = last_name(value.func)
        if name in orm.TO_ONE and value.args + value.keywords:
            return self._led_to(value, of, stmt)
        if name in orm.TO_MANY:
            return many(self._led_to(value, of, stmt), is_query=True)
        if name in orm.RELATIONSHIPS:
            found = self._led_to(value, of, stmt)
            if not found and isinstance(stmt, ast.AnnAssign):
                return annotation(self.reader, stmt.annotation, of.module, stmt)
            return found | many(found)
        if isinstance(value.func, ast.Call):  # Manager.from_queryset(Q)()
            name = last_name(value.func)
        if _MANAGED.search(name) or name in ("as_manager", "from_queryset"):
            via = self._managing(value, of, stmt)
            me: Kinds = frozenset([Instance(kind.of)])
            return many(me, is_query=True, via=via)
        found = self.reader.expression(value.func, of.module, stmt)
        for it in found:
            if isinstance(it, Class) and self._is_managing(it.of):
                return many(frozenset([Instance(kind.of)]), is_query=True, via=it.of)
        return NOTHING

    def _managing(self, value: ast.Call, of: ClassDef, stmt: ast.AST) -> ClassDef | None:
        asked: list[ast.AST] = [value.func]
        if isinstance(value.func, ast.Attribute):
            asked.append(value.func.value)
        if isinstance(value.func, ast.Call):
            asked += [*value.func.args, value.func.func]
            if isinstance(value.func.func, ast.Attribute):
                asked.append(value.func.func.value)
        asked += value.args
        for it in asked:
            for kind in self.reader.expression(it, of.module, stmt):
                if isinstance(kind, Class):
                    return kind.of
        return None

    def _is_managing(self, of: ClassDef) -> bool:
        bases = {it.name for it in self.ancestry(of)} | self.foreign(of)
        return any(_MANAGED.search(it) for it in bases)

    def _led_to(self, value: ast.Call, of: ClassDef, stmt: ast.AST) -> Kinds:
        asked = [*value.args[:1], *(k.value for k in value.keywords if k.arg in ("to", "argument"))]
        for it in asked:
            match it:
                case ast.Constant(value="self"):
                    return frozenset([Instance(of)])
                case ast.Constant(value=str(text)):
                    return instances(self.named(text, of.module))
                case ast.Lambda(body=body):
                    return instances(self.reader.expression(body, of.module, stmt))
                case ast.Attribute(attr="AUTH_USER_MODEL"):
                    return instances(self.user())
                case _:
                    return instances(self.reader.expression(it, of.module, stmt))
        return NOTHING

    def relation(self, kind: Instance | Class, name: str) -> Kinds:
        """Return what leads back from a model: ``related_name``, ``x_set``, ``backref``; managers."""
        of = kind.of
        if name in orm.MANAGERS and (isinstance(kind, Class) or name != "query"):
            return many(frozenset([Instance(of)]), is_query=True)
        if name.endswith("_set"):
            found = self._default_sets(of, name.removesuffix("_set"))
            if found:
                return found
        return self._related(of, name) or self._context(of, name) or self._reverse_one(of, name)

    def _default_sets(self, of: ClassDef, lower: str) -> Kinds:
        self.reader.project.classes_named("")
        found = [
            it for name in self._names_like(lower) for it in self.reader.project.classes_named(name)
        ]
        fits = frozenset(Instance(it) for it in found if self.is_model(it))
        return many(fits, is_query=True)

    def _names_like(self, lower: str) -> list[str]:
        return self.reader.project.class_names_like(lower)

    def _reverse_one(self, of: ClassDef, name: str) -> Kinds:
        """Return the row that a OneToOneField without a name leads back to."""
        if not name.islower() or not self.is_model(of):
            return NOTHING
        found: Kinds = NOTHING
        for one in self._names_like(name.replace("_", "")) if "_" not in name else ():
            for it in self.reader.project.classes_named(one):
                if "OneToOneField" in it.module.text and self._points(it, of, "OneToOneField"):
                    found |= {Instance(it)}
        return found

    def _points(self, it: ClassDef, of: ClassDef, field: str) -> bool:
        for bound in class_names(it).values():
            for one in bound:
                if isinstance(one.value, ast.Call) and last_name(one.value.func) == field:
                    if any(
                        self.is_kin(k.of, of)
                        for k in classes(self._led_to(one.value, it, one.stmt))
                        if isinstance(k, Class)
                    ):
                        return True
        return False

    def _related(self, of: ClassDef, name: str) -> Kinds:
        """Return the rows that lead here by a relation which is named *name* from this side."""
        project = self.reader.project
        found: Kinds = NOTHING
        for path in project.leading_back(name):
            if not (module := project.module(path)):
                continue
            for them in module.classes.values():
                for it in them:
                    found |= self._leading(it, of, name)
        return found

    def _leading(self, it: ClassDef, of: ClassDef, name: str) -> Kinds:
        found: Kinds = NOTHING
        for bound in class_names(it).values():
            for one in bound:
                call = one.value
                if not isinstance(call, ast.Call) or not _names_back(call, name):
                    continue
                led = self._led_to(call, it, one.stmt)
                if any(self.is_kin(k.of, of) for k in led if isinstance(k, Instance)):
                    kind = last_name(call.func)
                    back: Kinds = frozenset(map(Instance, self.concrete(it)))
                    if kind in ("OneToOneField",):
                        found |= back
                    elif kind in orm.RELATIONSHIPS:
                        found |= back | many(back)
                    else:
                        found |= many(back, is_query=True, via=None)
        return found

    def concrete(self, of: ClassDef) -> Sequence[ClassDef]:
        """Return a class, or where it is abstract those that inherit from it."""
        if not self.is_abstract(of):
            return [of]
        return [it for it in self.below(of) if not self.is_abstract(it)] or [of]

    @staticmethod
    def is_abstract(of: ClassDef) -> bool:
        """Say whether a class is a part of models only: ``abstract = True``."""
        for stmt in of.node.body:
            match stmt:
                case ast.ClassDef(name="Meta", body=body):
                    for it in body:
                        match it:
                            case ast.Assign(
                                targets=[ast.Name(id="abstract")], value=ast.Constant(value=True)
                            ):
                                return True
                case ast.Assign(
                    targets=[ast.Name(id="__abstract__")], value=ast.Constant(value=True)
                ):
                    return True
        return False

    def is_kin(self, one: ClassDef, other: ClassDef) -> bool:
        """Say whether rows of one class may be rows of the other."""
        if one is other or one.name == other.name:
            return True
        return one in self.ancestry(other) or other in self.ancestry(one)

    # -- managers ----------------------------------------------------------------------------

    def as_manager(self, of: ClassDef) -> Kinds:
        """Return the rows that a manager's or queryset's class holds; nothing for another class."""
        if not self._is_managing(of):
            return NOTHING
        return self.reader.once((of, "manages"), self._managed(of))

    def _managed(self, of: ClassDef) -> Iterator[Kinds]:
        project = self.reader.project
        found: Kinds = NOTHING
        asked = [of, *self.below(of)]
        for name in {it.name for it in asked}:
            pattern = re.compile(
                rb"^[ \t]+\w+\s*(?::[^=\n]+)?=.*\b%s\b" % re.escape(name.encode()), re.MULTILINE
            )
            for path in project.holding(name):
                if not pattern.search(project.texts[path]) or not (module := project.module(path)):
                    continue
                for them in module.classes.values():
                    for it in them:
                        if any(
                            isinstance(one.value, ast.Call) and _mentions(one.value, name)
                            for bound in class_names(it).values()
                            for one in bound
                        ) and not self._is_managing(it):
                            found |= frozenset(map(Instance, self.concrete(it)))
        for base in of.node.bases:
            if isinstance(base, ast.Subscript):
                found |= annotation(self.reader, base.slice, of.module, of.node)
        yield frozenset([Many(found, is_query=True, via=of)])

    def of_many(self, kind: Many, name: str) -> Kinds:
        """Return what the attribute of a manager or queryset is."""
        if name == "model":
            return classes(kind.item)
        return self.manager_method(kind, name) if kind.via else NOTHING

    def manager_method(self, kind: Many, name: str) -> Kinds:
        """Return the method of that name of a manager's own class."""
        for base in self.ancestry(kind.via) if kind.via else ():
            for it in class_names(base).get(name, ()):
                if it.how == "def":
                    return frozenset([Callee(base.module.scopes[it.stmt], kind)])  # type: ignore[arg-type]
        return NOTHING

    # -- forms, serializers, views, admins, factories ------------------------------------------

    def about(self, of: ClassDef) -> Kinds:
        """Return the rows that a form, serializer, view, admin or factory is made for."""
        return self.reader.once((of, "about"), self._about(of))

    def _about(self, of: ClassDef) -> Iterator[Kinds]:
        for base in self.ancestry(of):
            for stmt in base.node.body:
                match stmt:
                    case ast.ClassDef(name="Meta" | "_Meta", body=body):
                        for it in body:
                            match it:
                                case ast.Assign(
                                    targets=[ast.Name(id="model" | "sqlalchemy_model")], value=value
                                ):
                                    yield instances(self._model_value(value, base, it))
                                    return
                    case ast.Assign(targets=[ast.Name(id="model")], value=value):
                        yield instances(self._model_value(value, base, stmt))
                        return
                    case ast.Assign(targets=[ast.Name(id="queryset")], value=value):
                        yield items(self.reader.expression(value, base.module, stmt))
                        return
        for it in of.node.decorator_list:
            if isinstance(it, ast.Call) and last_name(it) == "register":
                yield union(
                    instances(self.reader.expression(arg, of.module, of.node)) for arg in it.args
                )
        if "register" in of.module.text:
            for module, call, stmt in self.reader.project.calls("register"):
                if (
                    module is of.module
                    and len(call.args) > 1
                    and last_name(call.args[1]) == of.name
                ):
                    yield instances(self.reader.expression(call.args[0], module, stmt))
        for base in self.ancestry(of):
            for it in class_names(base).get("get_queryset", ()):
                if it.how == "def":
                    found = self.reader.attribute(frozenset([Instance(of)]), "get_queryset")
                    from pginterlock.scan.definitions import result

                    yield union(
                        items(result(self.reader, c)) for c in found if isinstance(c, Callee)
                    )
                    return

    def _model_value(self, value: ast.AST, of: ClassDef, stmt: ast.AST) -> Kinds:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return self.named(value.value, of.module)
        return self.reader.expression(value, of.module, stmt)

    def _context(self, of: ClassDef, name: str) -> Kinds:
        """Return ``self.object``, ``self.instance`` and the like of a class made for a model."""
        if self.is_model(of):
            return NOTHING
        if name in _CONTEXT_MEMBERS:
            return self.about(of)
        if name in ("queryset", "object_list"):
            return many(self.about(of), is_query=True)
        if name == "model":
            return classes(self.about(of))
        return NOTHING

    def framework_call(self, kind: Instance | Class, name: str) -> Kinds:
        """Return what a method that the class inherits from a framework gives."""
        if self.is_model(kind.of):
            return NOTHING
        if name in ("get_queryset", "filter_queryset"):
            return many(self.about(kind.of), is_query=True)
        if name == "create_batch":
            return many(self.about(kind.of))
        return self.about(kind.of) if name in _CONTEXT_CALLS else NOTHING

    def made(self, of: ClassDef) -> Kinds:
        """Return what calling a class makes; a factory makes rows of its model."""
        names = self.foreign(of) | {it.name for it in self.ancestry(of)}
        if names & orm.FACTORIES or any(it.endswith("ModelFactory") for it in names):
            return self.about(of) or frozenset([Instance(of)])
        return self.as_manager(of) or frozenset([Instance(of)])


def _names_back(call: ast.Call, name: str) -> bool:
    for it in call.keywords:
        if it.arg in ("related_name", "backref"):
            match it.value:
                case ast.Constant(value=value) | ast.Call(args=[ast.Constant(value=value), *_]):
                    return value == name
    return False


def _mentions(call: ast.Call, name: str) -> bool:
    return any(
        (isinstance(it, ast.Name) and it.id == name)
        or (isinstance(it, ast.Attribute) and it.attr == name)
        for it in ast.walk(call)
    )
