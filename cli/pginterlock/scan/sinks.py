"""Calls that write what they are given, in keywords or in dicts. Pure."""

import ast

from pginterlock.scan.definitions import last_name
from pginterlock.scan.factories import BATCHES, Written, by_factory, made_by
from pginterlock.scan.holding import holds
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Class, Instance, Kind, Kinds, Many, Method, Table, Writing
from pginterlock.scan.modules import Module, class_of, function_of
from pginterlock.scan.project import called_name, is_super, wrapped
from pginterlock.scan.wanted import Wanted, fits

CREATING = frozenset(
    [
        "create",
        "acreate",
        "get_or_create",
        "update_or_create",
        "aget_or_create",
        "aupdate_or_create",
    ]
)
UPDATING = frozenset(["update", "aupdate"])
MAPPINGS = frozenset(
    [
        "bulk_insert_mappings",
        "bulk_update_mappings",
        "execute",
        "executemany",
        "execute_many",
        "scalars",
        "scalar",
        "bulk_insert",
    ]
)
# By which keyword such a call is told what it writes, and by which what it puts there.
_ABOUT = frozenset(["mapper", "statement", "clauseelement", "query", "table"])
_PUT = frozenset(["mappings", "params", "rows", "values"])
_OF_ORM_AND_CORE = frozenset(["insert", "update", "values", "ordered_values"])
_VALIDATING = frozenset(["model_validate", "parse_obj", "from_orm"])
_SETTING = frozenset(["sqlmodel_update"])
_DEFAULTS = frozenset(["defaults", "create_defaults", "through_defaults"])
_OF_CORE = {"set_": "core_upsert", "values": "core_update"}


def writes_with(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return by which construct the keywords of *call* are columns, and whether rows are new."""
    func = wrapped(call) or call.func
    name = last_name(func)
    kinds = reader.expression(func, module, stmt)
    for it in kinds:
        if isinstance(it, Class):
            if fits(reader, wanted, frozenset([Instance(it.of)])):
                return "kwarg_ctor", True
            if fits(reader, wanted, made_by(reader, it)):
                return "kwarg_factory", True
        if isinstance(it, Method):  # that was given a name
            many: Kinds = frozenset([it.of])
            if found := on_rows(reader, wanted, it.name, many, is_super=False):
                return found
    if isinstance(func, ast.Attribute):
        on = reader.expression(func.value, module, stmt)
        if found := on_rows(reader, wanted, name, on, is_super=is_super(func.value)):
            return found
    return by_factory(reader, wanted, name, call, module, stmt) or _of_first(
        reader, wanted, name, call, module, stmt
    )


def _of_first(
    reader: Reader, wanted: Wanted, name: str, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how *call* writes what its first argument is: a class, or a statement."""
    if name not in ("partial", "execute") or not call.args:
        return None
    about = reader.expression(call.args[0], module, stmt)
    if name == "partial" and fits(reader, wanted, frozenset(filter(_is_class, about))):
        return "kwarg_ctor", True
    if name == "execute":  # of SQLAlchemy 1, which takes the values of a statement as keywords
        return next(filter(None, (of_core(reader, wanted, kind) for kind in about)), None)
    return None


def _is_class(kind: Kind) -> bool:
    return isinstance(kind, Class)


def on_rows(
    reader: Reader, wanted: Wanted, name: str, on: Kinds, *, is_super: bool
) -> Written | None:
    """Return how a method of that name, of what *on* is, writes its keywords."""
    for it in on:
        match it:
            case Many(is_query=True) if fits(reader, wanted, frozenset([it])):
                own = reader.models.manager_method(it, name) if it.via and not is_super else ()
                if name in CREATING and not own:
                    is_both = "or_create" in name
                    return (
                        "get_or_create_kwarg" if is_both else "kwarg_create"
                    ), None if is_both else True
                if name in UPDATING and not own:
                    return "queryset_update", False
            case Writing(verb=verb, of=of) if name in ("values", "insert", "update") and fits(
                reader, wanted, of
            ):
                return f"core_{verb}", verb == "insert"
            case Class() if name in BATCHES:
                if fits(reader, wanted, made_by(reader, it)):
                    return "kwarg_factory", True
            case Instance() if found := _of_object(reader, wanted, name, it):
                return found
    return None


def _of_object(reader: Reader, wanted: Wanted, name: str, it: Instance) -> Written | None:
    """Return how a method of a row, or of a serializer, writes its keywords."""
    if name in UPDATING and _sets(reader, wanted, it, name):
        return "setattr_dynamic", False
    is_saved = name == "save" and not reader.models.is_model(it.of)
    if is_saved and fits(reader, wanted, reader.models.about(it.of)):
        return "serializer_save", None
    return None


def _sets(reader: Reader, wanted: Wanted, row: Instance, name: str) -> bool:
    """Say whether a row has a method that sets what it is given by a base from elsewhere."""
    known = reader.attribute(frozenset([row]), name)
    is_row = fits(reader, wanted, frozenset([row])) and reader.models.is_model(row.of)
    return is_row and not known and bool(reader.models.foreign(row.of))


def takes_dict(
    reader: Reader, wanted: Wanted, call: ast.Call, held: ast.AST, module: Module, stmt: ast.AST
) -> Written | None:
    """Return the construct by which a dict that *call* is given as *held* is written."""
    for it in call.keywords:
        if not holds(it.value, held):
            continue
        if it.arg is None:
            return _splatted(reader, wanted, call, module, stmt)
        if it.arg in _DEFAULTS:
            defaulted = _linked if it.arg == "through_defaults" else _defaulted
            return defaulted(reader, wanted, call, module, stmt)
        if it.arg == "update":
            return _validated(reader, wanted, call, module, stmt)
        if it.arg in _OF_CORE and _is_core(reader, wanted, call, module, stmt):
            return _OF_CORE[it.arg], None
    if not any(holds(it, held) for it in [*call.args, *_values(call)]):
        return None
    return (
        _by_place(reader, wanted, call, held, module, stmt)
        or _by_method(reader, wanted, call, module, stmt)
        or _validated(reader, wanted, call, module, stmt)
        or _by_mappings(reader, wanted, call, held, module, stmt)
        or _by_serializer(reader, wanted, call, module, stmt)
    )


def _by_place(
    reader: Reader, wanted: Wanted, call: ast.Call, held: ast.AST, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how *call* writes its ``defaults``, which come first where they are not named."""
    is_first = any(holds(it, held) for it in call.args[:1])
    return _defaulted(reader, wanted, call, module, stmt) if is_first else None


def _values(call: ast.Call) -> list[ast.expr]:
    """Return what a call may be told by keyword that it takes by its place too."""
    name = called_name(call)
    if name in MAPPINGS:
        return [it.value for it in call.keywords if it.arg in _PUT]
    return [it.value for it in call.keywords if it.arg == "values" and name in ("insert", "update")]


def _by_serializer(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how ``super().create(validated_data)`` of a serializer writes what it is given."""
    name, function = called_name(call), function_of(module, stmt)
    is_inherited = isinstance(call.func, ast.Attribute) and is_super(call.func.value)
    owner = class_of(function) if function else None
    if name not in ("create", "update") or not is_inherited or owner is None:
        return None
    names = {it.name for it in reader.ancestry(owner)} | reader.models.foreign(owner)
    if any(it.endswith("Serializer") for it in names) and fits(
        reader, wanted, reader.models.about(owner)
    ):
        return "serializer_save", name == "create"
    return None


def _splatted(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how *call* writes a dict that it is given with ``**``."""
    found = writes_with(reader, wanted, call, module, stmt)
    return (found[0].replace("kwarg_", "kwarg_splat_"), found[1]) if found else None


def _defaulted(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how *call* writes its ``defaults``."""
    if "or_create" not in last_name(wrapped(call) or call.func):
        return None
    return ("defaults", None) if writes_with(reader, wanted, call, module, stmt) else None


def _linked(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how *call* writes its ``through_defaults`` to the rows that link others."""
    func = call.func
    held = func.value if isinstance(func, ast.Attribute) else func
    is_wanted = fits(reader, wanted, reader.models.through(held, module, stmt))
    return ("through_defaults", True) if is_wanted else None


def _is_core(reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST) -> bool:
    """Say whether *call* is a method of an ``insert`` or ``update`` of what is wanted."""
    if not isinstance(call.func, ast.Attribute):
        return False
    on = reader.expression(call.func.value, module, stmt)
    return any(of_core(reader, wanted, kind) for kind in on)


def of_core(reader: Reader, wanted: Wanted, kind: Kind) -> Written | None:
    """Return how an ``insert`` or ``update`` writes, where it is one of what is wanted."""
    if isinstance(kind, Writing) and fits(reader, wanted, kind.of):
        return f"core_{kind.verb}", kind.verb == "insert"
    return None


def _by_method(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how an ``update`` or ``values`` writes the dict that it is given."""
    name = called_name(call)
    if not isinstance(call.func, ast.Attribute) or name not in _OF_ORM_AND_CORE:
        return None
    for kind in reader.expression(call.func.value, module, stmt):
        if isinstance(kind, Table) and name != "values" and fits(reader, wanted, frozenset([kind])):
            return f"core_{name}", name == "insert"
        if name == "update" and _is_query(kind) and fits(reader, wanted, frozenset([kind])):
            return "query_update", False
        if name == "update" and isinstance(kind, Instance) and _sets(reader, wanted, kind, name):
            return "setattr_dynamic", False
        if found := of_core(reader, wanted, kind):
            return found
    return None


def takes_columns(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written:
    """Return how an ``update`` or ``values`` writes a dict whose keys are columns of a class."""
    if isinstance(call.func, ast.Attribute):
        for kind in reader.expression(call.func.value, module, stmt):
            if found := of_core(reader, wanted, kind):
                is_upsert = called_name(call) == "on_conflict_do_update"
                return ("core_upsert", None) if is_upsert else found
    return "query_update", False


def _validated(
    reader: Reader, wanted: Wanted, call: ast.Call, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how SQLModel makes a row of a dict, or sets one's attributes by it."""
    name = called_name(call)
    if not isinstance(call.func, ast.Attribute) or name not in _VALIDATING | _SETTING:
        return None
    kind = Class if name in _VALIDATING else Instance
    on = reader.expression(call.func.value, module, stmt)
    if not fits(reader, wanted, frozenset(it for it in on if isinstance(it, kind))):
        return None
    return ("kwarg_splat_ctor", True) if kind is Class else ("setattr_dynamic", False)


def _is_query(kind: Kind) -> bool:
    return isinstance(kind, Many) and kind.is_query


def _by_mappings(
    reader: Reader, wanted: Wanted, call: ast.Call, held: ast.AST, module: Module, stmt: ast.AST
) -> Written | None:
    """Return how a session or connection writes the dicts that follow its first argument."""
    name = called_name(call)
    told = [*call.args[:1], *(it.value for it in call.keywords if it.arg in _ABOUT)]
    if name not in MAPPINGS or not told or told[0] is held:
        return None
    first = reader.expression(told[0], module, stmt)
    for kind in first:
        if found := of_core(reader, wanted, kind):
            return found
        if name == "bulk_insert" and isinstance(kind, Table) and fits(reader, wanted, first):
            return "core_insert", True
    if "mappings" in name and fits(reader, wanted, first):
        return name, "insert" in name
    return None
