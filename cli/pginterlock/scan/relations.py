"""What the fields of models lead to, and what leads back to a model. Pure."""

import ast

from pginterlock.scan import orm
from pginterlock.scan.definitions import annotation, last_name
from pginterlock.scan.kinds import (
    NOTHING,
    Class,
    ClassDef,
    Instance,
    Kinds,
    Many,
    classes,
    instances,
    items,
    many,
)
from pginterlock.scan.models import MANAGED, Models
from pginterlock.scan.modules import Module, class_names


class Relations(Models):
    """What is known of the classes of a project, with the relations of models."""

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
        if name == "association_proxy":
            return self._proxied(value, kind)
        return self._manager(value, of, stmt, kind)

    def _proxied(self, value: ast.Call, kind: Instance | Class) -> Kinds:
        """Return several of what ``association_proxy("links", "order")`` leads to."""
        names = [it.value for it in value.args if isinstance(it, ast.Constant)]
        found: Kinds = frozenset([kind])
        for name in names:
            held = self.reader.attribute(found, str(name))
            found = items(held) or held
        return many(found) if len(names) > 1 else NOTHING

    def _manager(
        self, value: ast.Call, of: ClassDef, stmt: ast.AST, kind: Instance | Class
    ) -> Kinds:
        """Return the rows of a manager, where *value* makes one."""
        name = last_name(value.func)  # also of Manager.from_queryset(Q)()
        me: Kinds = frozenset([Instance(kind.of)])
        if MANAGED.search(name) or name in ("as_manager", "from_queryset"):
            return many(me, is_query=True, via=self._managing(value, of, stmt))
        for it in self.reader.expression(value.func, of.module, stmt):
            if isinstance(it, Class) and self.is_managing(it.of):
                return many(me, is_query=True, via=it.of)
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

    def _led_to(self, value: ast.Call, of: ClassDef, stmt: ast.AST) -> Kinds:
        asked = [*value.args[:1], *(k.value for k in value.keywords if k.arg in ("to", "argument"))]
        for it in asked:
            match it:
                case ast.Constant(value="self"):
                    return frozenset([Instance(of)])
                case (
                    ast.Constant(value=str(text))
                    | ast.Call(args=[*_, ast.Constant(value=str(text))])  # get_model_name
                ):
                    return instances(self.named(text, of.module))
                case ast.Lambda(body=body):
                    return instances(self.reader.expression(body, of.module, stmt))
                case ast.Attribute(attr="AUTH_USER_MODEL"):
                    return instances(self.user())
                case _:
                    return instances(self.reader.expression(it, of.module, stmt))
        return NOTHING

    def _default_sets(self, lower: str) -> Kinds:
        found = [
            it
            for name in self.reader.project.class_names_like(lower)
            for it in self.reader.project.classes_named(name)
        ]
        fits = frozenset(Instance(it) for it in found if self.is_model(it))
        return many(fits, is_query=True)

    def of_options(self, value: ast.AST, name: str, module: Module, at: ast.AST) -> Kinds:
        """Return what ``_meta.model``, the managers of ``_meta``, and ``members.through`` are."""
        match value:
            case ast.Attribute(value=inner, attr="_meta") if name in orm.OPTIONS:
                of = classes(self.reader.expression(inner, module, at))
                manager = orm.OPTIONS[name]
                return self.reader.attribute(of, manager) if manager else of
        return self.through(value, module, at) if name == "through" else NOTHING

    def through(self, field: ast.AST, module: Module, at: ast.AST) -> Kinds:
        """Return the model of the rows that link those which ``Group.members`` leads to."""
        if not isinstance(field, ast.Attribute):
            return NOTHING
        for kind in self.reader.expression(field.value, module, at):
            for base in self.ancestry(kind.of) if isinstance(kind, (Class, Instance)) else ():
                for it in class_names(base).get(field.attr, ()):
                    for keyword in it.value.keywords if isinstance(it.value, ast.Call) else ():
                        match keyword:
                            case ast.keyword(arg="through", value=ast.Constant(value=str(name))):
                                return self.named(name, base.module)
                            case ast.keyword(arg="through", value=value):
                                return self.reader.expression(value, base.module, it.stmt)
        return NOTHING

    def _of_parts(self, of: ClassDef, name: str) -> Kinds:
        """Return the row of a parent's or child's table that is a part of a row."""
        if not name.islower() or not self.is_model(of):
            return NOTHING
        above = name.removesuffix("_ptr")
        if above != name:
            return frozenset(
                Instance(it) for it in self.ancestry(of)[1:] if it.name.lower() == above
            )
        return frozenset(
            Instance(it)
            for one in self.reader.project.class_names_like(name)
            for it in self.reader.project.classes_named(one)
            if it is not of and of in self.ancestry(it) and not self.is_abstract(it)
        )

    def _reverse_one(self, of: ClassDef, name: str) -> Kinds:
        """Return the row that a OneToOneField without a name leads back to."""
        if not name.islower() or not self.is_model(of):
            return NOTHING
        found: Kinds = NOTHING
        for one in (
            self.reader.project.class_names_like(name.replace("_", "")) if "_" not in name else ()
        ):
            for it in self.reader.project.classes_named(one):
                if any(self._points(base, of, "OneToOneField") for base in self.ancestry(it)):
                    found |= {Instance(it)}
        return found

    def _points(self, it: ClassDef, of: ClassDef, field: str) -> bool:
        if field not in it.module.text:
            return False
        for bound in class_names(it).values():
            for one in bound:
                call = one.value
                if not isinstance(call, ast.Call) or last_name(call.func) != field:
                    continue
                led = classes(self._led_to(call, it, one.stmt))
                if any(self.is_kin(k.of, of) for k in led if isinstance(k, Class)):
                    return True
        return False

    def _related(self, of: ClassDef, name: str) -> Kinds:
        """Return the rows that lead here by a relation which is named *name* from this side."""
        project = self.reader.project
        found: Kinds = NOTHING
        for path in project.leading_back(name):
            if not (module := project.module(path)):
                continue
            for it in module.classes_about(name):
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
                    if kind == "OneToOneField":
                        found |= back
                    elif kind in orm.RELATIONSHIPS:
                        found |= back | many(back)
                    else:
                        found |= many(back, is_query=True, via=self._usual(it))
        return found

    def _usual(self, of: ClassDef) -> ClassDef | None:
        """Return the class of a model's usual manager, which its relations have too."""
        told = self.reader.attribute(frozenset([Class(of)]), "objects")
        found = {k.via for k in told if isinstance(k, Many) and k.via}
        return found.pop() if len(found) == 1 else None


def _names_back(call: ast.Call, name: str) -> bool:
    for it in call.keywords:
        if it.arg in ("related_name", "backref"):
            match it.value:
                case ast.Constant(value=value) | ast.Call(args=[ast.Constant(value=value), *_]):
                    return value == name
    return False
