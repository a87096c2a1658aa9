"""Classes made for a model: forms, serializers, views, admins and factories. Pure."""

import ast
from collections.abc import Iterator, Sequence

from pginterlock.scan import orm
from pginterlock.scan.definitions import last_name, result
from pginterlock.scan.kinds import (
    NOTHING,
    Callee,
    Class,
    ClassDef,
    Instance,
    Kinds,
    Many,
    Table,
    classes,
    instances,
    items,
    many,
    union,
)
from pginterlock.scan.modules import Module, class_names
from pginterlock.scan.relations import Relations

_CONTEXT_MEMBERS = frozenset(["instance", "object", "obj"])
_SAVING_CLASSES = ("serializer_class", "form_class")
_SAVING_ASKED = ("get_serializer_class", "get_form_class")
_SAVING_CALLS = frozenset(["get_serializer", "get_form"])
# Ends of the names of bases that heirs are made for models by, and how many of these are asked.
_MADE_FOR = ("View", "ViewSet", "Mixin", "Serializer", "Form", "Admin")
_MOST = 12
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
        "save_form",
        "_create",
        "_build",
    ]
)


class Contexts(Relations):
    """What is known of the classes of a project, with those made for a model."""

    def relation(self, kind: Instance | Class, name: str) -> Kinds:
        """Return what leads back from a model, as ``related_name`` or ``x_set`` do; managers."""
        of = kind.of
        if name in orm.MANAGERS and (isinstance(kind, Class) or name != "query"):
            return many(frozenset([Instance(of)]), is_query=True)
        if name.endswith("_set"):
            found = self._default_sets(name.removesuffix("_set"))
            if found:
                return found
        return (
            self._related(of, name)
            or self._context(of, name)
            or self._reverse_one(of, name)
            or self._of_parts(of, name)
        )

    def of_mapped(self, of: ClassDef, name: str, found: Kinds) -> Kinds:
        """Return *found*, what an attribute of a class is, or what SQLAlchemy makes of it.

        An object of the project's own class of queries stands for rows of the model.
        """
        if name == "__table__" and not found:
            return frozenset([Table(of.name, of)])
        if name == "__mapper__" and not found:
            return frozenset([Class(of)])
        if name == "awaitable_attrs" and not found and self.is_model(of):
            return frozenset([Instance(of)])
        if name not in orm.MANAGERS:
            return found
        return frozenset(
            Many(frozenset([Instance(of)]), is_query=True, via=it.of)
            if isinstance(it, Instance) and self.foreign(it.of) & orm.QUERIES and self.is_model(of)
            else it
            for it in found
        )

    def about(self, of: ClassDef) -> Kinds:
        """Return the rows that a form, serializer, view, admin or factory is made for."""
        return self.reader.once((of, "about"), self._about(of))

    def _about(self, of: ClassDef) -> Iterator[Kinds]:
        if (told := self._named_in_body(of)) is not None:
            yield told
            return
        if found := union(self.about(it.of) for it in self.saving(of)):
            yield found
            return
        yield from self._registered(of)
        for base in self.ancestry(of):
            if any(it.how == "def" for it in class_names(base).get("get_queryset", ())):
                found = self.reader.attribute(frozenset([Instance(of)]), "get_queryset")
                yield union(items(result(self.reader, c)) for c in found if isinstance(c, Callee))
                return
        names = self.foreign(of) | {it.name for it in self.ancestry(of)}
        if any(it.endswith(_MADE_FOR) for it in names):
            yield union(self.about(it) for it in self.heirs_with(of, "", _MOST))

    def saving(self, of: ClassDef) -> Sequence[Instance]:
        """Return the forms or serializers that a view makes of what it is sent."""
        me: Kinds = frozenset([Instance(of)])
        told = union(self.reader.attribute(me, name) for name in _SAVING_CLASSES)
        if not told:
            asked = union(self.reader.attribute(me, name) for name in _SAVING_ASKED)
            told = union(result(self.reader, it) for it in asked if isinstance(it, Callee))
        return [it for it in instances(told) if isinstance(it, Instance) and it.of is not of]

    def _named_in_body(self, of: ClassDef) -> Kinds | None:
        """Return the rows whose model a class names in its body; None where it names none."""
        for base in self.ancestry(of):
            for stmt in base.node.body:
                match stmt:
                    case ast.ClassDef(name="Meta" | "_Meta", body=body):
                        if inner := _of_meta(body):
                            return instances(self._model_value(inner.value, base, inner))
                    case ast.Assign(targets=[ast.Name(id="model")], value=value):
                        return instances(self._model_value(value, base, stmt))
                    case ast.Assign(targets=[ast.Name(id="queryset")], value=value):
                        return items(self.reader.expression(value, base.module, stmt))
        return None

    def _registered(self, of: ClassDef) -> Iterator[Kinds]:
        """Yield the rows of the models that an admin is registered for."""
        for it in of.node.decorator_list:
            if isinstance(it, ast.Call) and last_name(it) == "register":
                yield union(self._of_registered(arg, of.module, of.node) for arg in it.args)
        if "Admin" not in of.name and "register" not in of.module.text:
            return
        for module, call, stmt in self.reader.project.calls("register"):
            told = [*call.args[1:2], *(k.value for k in call.keywords if k.arg == "admin_class")]
            if not told or last_name(told[0]) != of.name or not call.args:
                continue
            if module is of.module or Class(of) in self.reader.expression(told[0], module, stmt):
                yield self._of_registered(call.args[0], module, stmt)

    def _of_registered(self, node: ast.AST, module: Module, at: ast.AST) -> Kinds:
        """Return the rows of a model, or of several, that an admin is registered for."""
        found = self.reader.expression(node, module, at)
        return instances(found | items(found))

    def inlines(self, of: ClassDef) -> Kinds:
        """Return the rows that the inlines of an admin edit beside its own."""
        told = self.reader.attribute(frozenset([Instance(of)]), "inlines")
        return union(self.about(it.of) for it in items(told) if isinstance(it, Class))

    def _model_value(self, value: ast.AST, of: ClassDef, stmt: ast.AST) -> Kinds:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return self.named(value.value, of.module)
        return self.reader.expression(value, of.module, stmt)

    def _context(self, of: ClassDef, name: str) -> Kinds:
        """Return ``self.object``, ``self.instance`` and the like of a class made for a model."""
        if self.is_model(of):
            return frozenset([Instance(of)]) if name == "instance" else NOTHING
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
            return frozenset([kind]) if name in ("save", "get_real_instance") else NOTHING
        if name in ("get_queryset", "filter_queryset"):
            return many(self.about(kind.of), is_query=True)
        if name in _SAVING_CALLS:
            return frozenset(self.saving(kind.of)) or frozenset([Instance(kind.of)])
        if name == "create_batch":
            return many(self.about(kind.of))
        return self.about(kind.of) if name in _CONTEXT_CALLS else NOTHING

    def made(self, of: ClassDef) -> Kinds:
        """Return what calling a class makes; a factory makes rows of its model."""
        names = self.foreign(of) | {it.name for it in self.ancestry(of)}
        if names & orm.FACTORIES or any(it.endswith("ModelFactory") for it in names):
            heirs = () if self.about(of) else self.heirs_with(of, "", _MOST)
            found = self.about(of) or union(self.about(it) for it in heirs)
            return found or frozenset([Instance(of)])
        return self.as_manager(of) or frozenset([Instance(of)])


def _of_meta(body: Sequence[ast.stmt]) -> ast.Assign | None:
    """Return the statement that names the model in a class ``Meta``."""
    for it in body:
        match it:
            case ast.Assign(targets=[ast.Name(id="model" | "sqlalchemy_model")]):
                return it
    return None
