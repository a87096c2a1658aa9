"""Who saves a form or serializer, and whether in a transaction. Pure."""

import ast
from collections.abc import Iterator, Sequence

from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, ClassDef, Function
from pginterlock.scan.modules import Module, class_names, function_of, statements
from pginterlock.scan.opening import Opening
from pginterlock.scan.project import calls_of, is_super

_SAVING_CLASSES = ("form_class", "serializer_class")
# Methods of views that save one, themselves or by what they inherit.
_SAVING = (
    "form_valid", "perform_create", "perform_update", "create", "update", "partial_update",
    "post", "put", "patch", "dispatch",
)  # fmt: skip
# Methods by which a form or serializer saves itself, and those that it calls for that.
_OWN = ("save", "create", "update")
_SAVED = ("Serializer", "Form")
_OF_API = ("APIView", "ModelMixin")
_MOST = 60  # files that speak of a form

Saver = tuple[str, bool]  # who saves it, and whether in a transaction


def savers(reader: Reader, opening: Opening, form: ClassDef) -> Sequence[Saver]:
    """Return who saves what a form or serializer was given, as far as it is seen."""
    paths = reader.project.holding(form.name)
    modules = [reader.project.module(it) for it in paths] if len(paths) <= _MOST else []
    views = [
        view
        for module in modules
        for view in (module.classes_about(form.name) if module else ())
        if _is_of(reader, view, form)
    ]
    own = [*_of_itself(reader, opening, form)]
    if whole := [it for name, it in own if name == "save"]:  # by which all others save it
        return whole
    return [
        *(it for _, it in own),
        *(it for view in views for it in _of_view(reader, opening, view)),
        *_of_functions(reader, opening, form),
    ]


def savers_around(reader: Reader, opening: Opening, method: Function) -> Sequence[Saver]:
    """Return who saves a form or serializer of which *method* is a part of that; else none."""
    owner = method.owner
    if owner is None or method.name not in _OWN:
        return ()
    names = {it.name for it in reader.ancestry(owner)} | reader.models.foreign(owner)
    return savers(reader, opening, owner) if any(it.endswith(_SAVED) for it in names) else ()


def _of_itself(reader: Reader, opening: Opening, form: ClassDef) -> Iterator[tuple[str, Saver]]:
    """Yield its own methods that save it in a transaction, each after its name."""
    for name in _OWN:
        if (method := _method(reader, form, name)) is None:
            continue
        for stmt in _statements(method):
            saved = [it for it in calls_of(method.module, stmt) if _saves(it, method)]
            if saved and opening.around(method.module, stmt):
                yield name, _told(opening, method, stmt)


def _is_of(reader: Reader, view: ClassDef, form: ClassDef) -> bool:
    """Say whether a view names the class as that of its forms or serializers."""
    if view is form:
        return False
    if "get_" in view.module.text and any(it.of is form for it in reader.models.saving(view)):
        return True
    return any(
        Class(form) in reader.expression(it.value, view.module, it.stmt)
        for name in _SAVING_CLASSES
        for it in class_names(view).get(name, ())
        if it.value is not None
    )


def _of_view(reader: Reader, opening: Opening, view: ClassDef) -> Iterator[Saver]:
    """Yield the methods of a view that save its form."""
    if opening.around_class(view, _SAVING):
        yield f"{view.qualname}:{view.node.lineno}", True
        return
    yield from ((f"{view.qualname}:{view.node.lineno}", False) for _ in _left(reader, view))
    for name in _SAVING:
        if (method := _method(reader, view, name)) is None:
            continue
        for stmt in _statements(method):
            if any(_saves(it, method) for it in calls_of(method.module, stmt)):
                yield _told(opening, method, stmt)


def _left(reader: Reader, view: ClassDef) -> Iterator[str]:
    """Yield what a view of an API saves by methods of the framework alone: new rows, or others."""
    names = {it.name for it in reader.ancestry(view)} | reader.models.foreign(view)
    for what in ("create", "update"):
        is_for_it = "ModelViewSet" in names or any(
            what.title() in it and it.endswith(_OF_API) for it in names
        )
        own = (_method(reader, view, it) for it in (what, f"perform_{what}"))
        if is_for_it and not any(own):
            yield what


def _of_functions(reader: Reader, opening: Opening, form: ClassDef) -> Iterator[Saver]:
    """Yield the functions that make a form, give it a name, and save it."""
    for module, call, stmt in reader.project.calls(form.name, _MOST):
        function = function_of(module, stmt)
        match stmt:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if (
                value is call and function and Class(form) in _called(reader, call, module, stmt)
            ):
                for one in _statements(function):
                    if any(_is_save_of(it, name) for it in calls_of(module, one)):
                        yield _told(opening, function, one)


def _called(reader: Reader, call: ast.Call, module: Module, stmt: ast.AST) -> frozenset[object]:
    return frozenset(reader.expression(call.func, module, stmt))


def _method(reader: Reader, of: ClassDef, name: str) -> Function | None:
    """Return the method of the project that a class has under a name."""
    for base in reader.ancestry(of):
        for it in class_names(base).get(name, ()):
            found = base.module.scopes.get(it.stmt)
            return found if isinstance(found, Function) else None
    return None


def _statements(function: Function) -> list[ast.stmt]:
    body = [] if isinstance(function.node, ast.Lambda) else statements(function.node.body)
    return [it for it in body if isinstance(it, ast.stmt)]


def _saves(call: ast.Call, method: Function) -> bool:
    """Say whether a call of a view saves its form: ``form.save()``, ``super().post(...)``."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="form" | "serializer"), attr="save"):
            return True
        case ast.Attribute(value=on, attr=name):
            return name == method.name and is_super(on)
    return False


def _is_save_of(call: ast.Call, name: str) -> bool:
    match call.func:
        case ast.Attribute(value=ast.Name(id=on), attr="save"):
            return on == name
    return False


def _told(opening: Opening, function: Function, stmt: ast.stmt) -> Saver:
    is_open = bool(opening.around(function.module, stmt))
    return f"{function.qualname}:{stmt.lineno}", is_open
