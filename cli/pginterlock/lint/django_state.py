"""Django's models as migrations build them up: which table, which columns, of which types.

Data in, data out; migrations change it one after the other.
"""

from dataclasses import dataclass, field

from pginterlock.lint.actions import Relation
from pginterlock.lint.values import Call, Named, Value
from pginterlock.lint.widths import KNOWN, LENGTHS, Width

_RELATIONS = frozenset(["ForeignKey", "OneToOneField", "ParentalKey"])
_COLUMNLESS = frozenset(["ManyToManyField", "GenericRelation", "ParentalManyToManyField"])
# What of a field the database sees; choices, help texts and the like it does not.
_TYPING = ("db_collation", "base_field", "size", "geography", "srid", "dim")


@dataclass(frozen=True, slots=True)
class Field:
    """A field, as far as its column goes; *column* is None for one that has none."""

    column: str | None
    name: str
    width: Width
    type: tuple[str, ...]
    is_null: bool
    has_own_column: bool
    default: str | None = None
    is_stored: bool = False


@dataclass(slots=True)
class Model:
    """A model: its table, where it is not the default one, and its fields."""

    table: str | None = None
    is_managed: bool = True
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(slots=True)
class Models:
    """The models of all apps that were read; *app* is that of the migration at hand."""

    app: str | None = None
    known: dict[tuple[str, str], Model] = field(default_factory=dict)

    def get(self, name: str, app: str | None = None) -> Model | None:
        """Return the model called *name*, None where no migration at hand creates it."""
        return self.known.get((app or self.app or "", name.lower()))

    def put(self, name: str, model: Model) -> None:
        """Keep *model* under *name*."""
        self.known[self.app or "", name.lower()] = model

    def table(self, name: str, app: str | None = None) -> Relation:
        """Return the table of a model."""
        model = self.get(name, app)
        told = model.table if model else None
        if told:
            schema, _, bare = (
                told.replace('"', "").rpartition(".") if '"' in told else ("", "", told)
            )
            return Relation(schema or None, bare)
        owner = app or self.app
        if owner is None:
            return Relation(None, name.lower(), is_suffix=True)
        return Relation(None, f"{owner}_{name.lower()}")

    def columns(self, model: str, name: str, app: str | None = None) -> tuple[str, ...]:
        """Return the column of a field; both that it may be where the field is not known."""
        found = self.get(model, app)
        known = found.fields.get(name) if found else None
        if known:
            return (known.column,) if known.column else ()
        return (name, f"{name}_id") if not name.endswith("_id") else (name,)


def read_field(name: str, value: Value) -> Field | None:
    """Return the field that a call such as ``models.CharField(...)`` makes."""
    if not isinstance(value, Call):
        return None
    own = value.named.get("db_column")
    column: str | None = f"{name}_id" if value.name in _RELATIONS else name
    if isinstance(own, str):
        column = str(own)
    if value.name in _COLUMNLESS:
        column = None
    default = value.named.get("db_default")
    return Field(
        column,
        value.name,
        _width(value),
        tuple(f"{key}={_plain(value.named.get(key))}" for key in _TYPING),
        is_null=value.named.get("null") is True,
        has_own_column=isinstance(own, str),
        default=str(default) if isinstance(default, (str, int, float)) else None,
        is_stored=value.name == "GeneratedField" and value.named.get("db_persist") is True,
    )


def _width(value: Call) -> Width:
    told = value.name
    size = value.named.get("max_length", LENGTHS.get(told))
    if told == "DecimalField":
        size = value.named.get("max_digits")
    scale = value.named.get("decimal_places")
    return Width(
        KNOWN.get(told, told),
        size if isinstance(size, int) and told != "TextField" else None,
        scale if isinstance(scale, int) else None,
    )


def read_model(fields: Value, options: Value) -> Model:
    """Return the model that a CreateModel makes."""
    told = options if isinstance(options, dict) else {}
    table = told.get("db_table")
    model = Model(str(table) if isinstance(table, str) else None)
    model.is_managed = told.get("managed") is not False and told.get("proxy") is not True
    for it in fields if isinstance(fields, (list, tuple)) else ():
        if isinstance(it, tuple) and len(it) == 2 and isinstance(it[0], str):  # noqa: PLR2004
            found = read_field(it[0], it[1])
            if found:
                model.fields[str(it[0])] = found
    return model


def _plain(value: Value) -> str:
    match value:
        case Named(path):
            return path
        case Call():
            return value.name
        case str() | int() | float() | bool() | None:
            return repr(value)
    return "?"
