"""What code already declares of a machine: an enum, a SQLAlchemy class, a Django model.

The code of the user is imported for it, from the current folder too, as its own tools do.
"""

import enum
import importlib
import re
import sys
from collections.abc import Iterable, Sequence
from types import ModuleType
from typing import Any, TypeVar

from pginterlock.elements import TableName
from pginterlock.errors import InterlockError, UsageError
from pginterlock.proposal import Evidence, StateCount

_NAMES = ("status", "state", "phase", "stage", "lifecycle")
_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


# A column as an object mapper describes it; the mappers are not imported here, and so not typed.
_C = TypeVar("_C", bound=Any)


def from_enum(text: str, table: str | None) -> Evidence:
    """Return the states of the enum ``module:Class``; its values where they are text.

    Raises UsageError where it cannot be imported or is none.
    """
    found = imported(text)
    if not (isinstance(found, type) and issubclass(found, enum.Enum)):
        raise UsageError(f"{text} is no enum.Enum")
    schema, _, name = (table or f"public.{_SNAKE.sub('_', found.__name__).lower()}").rpartition(".")
    return Evidence(
        TableName(schema or "public", name),
        "status",
        tuple(StateCount(it, 0) for it in _values(found)),
        source=f"proposed from {text}" + ("" if table else "; NAME ITS TABLE AND STATE COLUMN"),
    )


def from_sqlalchemy(text: str, state: str | None) -> Evidence:
    """Return what the mapped class ``module:Model`` declares.

    Raises UsageError where it cannot be imported, is not mapped, or has no column of states.
    """
    mapped = getattr(imported(text), "__table__", None)
    if mapped is None or not hasattr(mapped, "columns"):
        raise UsageError(f"{text} is no mapped class: it has no __table__")
    columns = list(mapped.columns)
    column = _state_column(text, columns, state, [c for c in columns if _labels(c)])
    labels = _labels(column)
    if not labels:
        raise UsageError(
            f"{text}.{column.name} declares no states: its type is no Enum",
            remedy="Read them from the rows: interlock init --from-db TABLE.",
        )
    return Evidence(
        TableName(mapped.schema or "public", mapped.name),
        column.name,
        tuple(StateCount(it, 0) for it in labels),
        key=tuple(c.name for c in mapped.primary_key.columns),
        primary_key=tuple(c.name for c in mapped.primary_key.columns),
        filled={c.name: {} for c in columns if c.nullable and c.name != column.name},
        moments=tuple(c.name for c in columns if c.nullable and _is_moment(c)),
        default=_plain_default(getattr(getattr(column, "default", None), "arg", None)),
        source=f"proposed from {text}",
    )


def from_django(text: str, state: str | None) -> Evidence:
    """Return what the Django model ``app.Model`` declares; DJANGO_SETTINGS_MODULE says where.

    Raises UsageError where it cannot be loaded or has no field with choices.
    """
    model = _django_model(text)
    meta = model._meta
    fields = [f for f in meta.get_fields() if getattr(f, "column", None)]
    with_choices = [f for f in fields if getattr(f, "choices", None)]
    field = _state_column(text, fields, state, with_choices)
    choices = [str(value) for value, _ in getattr(field, "flatchoices", ()) if value is not None]
    if not choices:
        raise UsageError(
            f"{text}.{field.name} has no choices",
            remedy="Read the states from the rows: interlock init --from-db TABLE.",
        )
    key = (meta.pk.column,)
    nullable = [f for f in fields if f.null and f is not field]
    schema, _, name = meta.db_table.replace('"', "").rpartition(".")
    return Evidence(
        TableName(schema or "public", name),
        field.column,
        tuple(StateCount(it, 0) for it in choices),
        key=key,
        primary_key=key,
        filled={f.column: {} for f in nullable},
        moments=tuple(
            f.column for f in nullable if f.get_internal_type() in ("DateTimeField", "DateField")
        ),
        default=_plain_default(field.default),
        source=f"proposed from {text}",
    )


def _django_model(text: str):  # type: ignore[no-untyped-def]
    django = _module("django", "--from-django")
    _look_here()
    exceptions = importlib.import_module("django.core.exceptions")
    try:
        django.setup()
        return importlib.import_module("django.apps").apps.get_model(text)
    except exceptions.ImproperlyConfigured as error:
        raise UsageError(
            f"Django is not set up: {error}",
            remedy="Say where the settings are: DJANGO_SETTINGS_MODULE=project.settings",
        ) from None
    except (LookupError, ValueError, ImportError) as error:
        raise UsageError(
            f"{text} is no model: {error}", remedy="Write app_label.Model, as in shop.Order."
        ) from None


def _module(name: str, option: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise UsageError(
            f"{option} needs {name}, which is not installed here",
            remedy="Run interlock in the environment of the application.",
        ) from None


def _look_here() -> None:
    if "" not in sys.path:
        sys.path.insert(0, "")


def imported(text: str) -> object:
    """Return what ``module:Name`` names, from the current folder too.

    Raises UsageError where it cannot be imported, whatever it is that its module raises.
    """
    module, _, path = text.partition(":")
    if not module or not path:
        raise UsageError(f"{text!r} is not of the form module:Name")
    _look_here()
    try:
        found: object = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except InterlockError:  # a declaration in it, which says itself where it is wrong
        raise
    except Exception as error:  # code of a user may raise anything
        told = str(error) if isinstance(error, ImportError | AttributeError) else repr(error)
        raise UsageError(f"{text} cannot be imported: {told}") from None
    return found


def _values(found: type[enum.Enum]) -> Iterable[str]:
    return [it.value if isinstance(it.value, str) else it.name for it in found]


def _state_column(text: str, columns: Sequence[_C], state: str | None, likely: Sequence[_C]) -> _C:
    if state is not None:
        for column in columns:
            if column.name == state:
                return column
        raise UsageError(
            f"{text} has no column {state!r}",
            remedy=f"It has: {', '.join(c.name for c in columns)}.",
        )
    named = [c for c in likely if c.name.lower() in _NAMES]
    if chosen := named or likely:
        return chosen[0]
    raise UsageError(f"no column of {text} declares states", remedy="Name it with --state COLUMN.")


def _labels(column: object) -> list[str]:
    return [str(it) for it in getattr(getattr(column, "type", None), "enums", None) or ()]


def _is_moment(column: object) -> bool:
    kind = getattr(getattr(column, "type", None), "python_type", None)
    return getattr(kind, "__name__", "") in ("datetime", "date")


def _plain_default(value: object) -> str | None:
    """Return a default that is text, or a member of an enum; one that is computed is none."""
    if isinstance(value, enum.Enum):
        return value.value if isinstance(value.value, str) else value.name
    return value if isinstance(value, str) else None
