"""The SQL that takes an object of ours away, and the throwaway twin of a table.

Pure: names in, SQL text out.
"""

from pginterlock import assets
from pginterlock.elements import TableName
from pginterlock.names import ident
from pginterlock.table import Table
from pginterlock.template import fill


def qualified(name: TableName) -> str:
    """Return *name* quoted, with its schema."""
    return f"{ident(name.schema)}.{ident(name.name)}"


def drop_trigger(table: TableName, name: str) -> str:
    """Return the SQL that drops trigger *name* of *table*."""
    return f"drop trigger if exists {ident(name)} on {qualified(table)};\n"


def drop_check(table: TableName, name: str) -> str:
    """Return the SQL that drops constraint *name* of *table*."""
    return f"alter table {qualified(table)} drop constraint if exists {ident(name)};\n"


def drop_function(signature: str) -> str:
    """Return the SQL that drops a function; *signature* is quoted already, as regprocedure is."""
    return f"drop function if exists {signature};\n"


def drop_table(name: str) -> str:
    """Return the SQL that drops table *name* of schema interlock."""
    return f"drop table if exists interlock.{ident(name)};\n"


def twin(table: Table, expression: str) -> str:
    """Return the SQL that puts CHECK *expression* on an empty copy of *table*."""
    return fill(
        assets.read("sql", "templates", "twin.sql"),
        {
            "schema_name": table.name.schema,
            "relation_name": table.name.name,
            "expression": expression,
        },
    )


def index_twin(table: Table, expression: str) -> str:
    """Return the SQL that indexes *expression* on an empty copy: it must be boolean, immutable."""
    return fill(
        assets.read("sql", "templates", "index_twin.sql"),
        {
            "schema_name": table.name.schema,
            "relation_name": table.name.name,
            "expression": expression,
        },
    )


def quoted(name: str) -> str:
    """Return *name* as an identifier."""
    return ident(name)


def unregister(machine: str) -> str:
    """Return the SQL that takes *machine* out of the registry."""
    return fill(assets.read("sql", "templates", "unregister.sql"), {"machine": machine})


def record_drop(machine: str) -> str:
    """Return the SQL that writes into the journal that the history of *machine* is dropped."""
    return fill(assets.read("sql", "templates", "drop_history.sql"), {"machine": machine})


def drop_schema() -> str:
    """Return the SQL that drops all of schema interlock."""
    return "drop schema interlock cascade;\n"
