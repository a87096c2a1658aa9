"""The SQL around our objects: who owns them, whose rights make them, what is locked meanwhile.

Pure: names in, SQL text out.
"""

from pginterlock import assets
from pginterlock.blocks import block
from pginterlock.compiler.removal import qualified
from pginterlock.elements import TableName
from pginterlock.names import ident
from pginterlock.objects import Lock
from pginterlock.table import Rights, Table
from pginterlock.template import fill


def role(owner: str, rights: Rights) -> str:
    """Return the SQL that makes role *owner*; who makes it joins it unless he may do all anyway."""
    text = assets.read("sql", "templates", "role.sql")
    if rights.is_superuser:
        return text
    options = "" if rights.does_inherit else " with inherit true, set true"
    return f"{text}grant {ident(owner)} to {ident(rights.role)}{options};\n"


def schema(owner: str | None) -> str:
    """Return the SQL that makes schema interlock, owned by *owner* (None: by who runs it)."""
    authorization = f"authorization {ident(owner)}" if owner else ""
    return fill(assets.read("sql", "templates", "schema.sql"), {"authorization": authorization})


def as_role(owner: str | None, sql: str) -> str:
    """Return *sql* to be run with the rights of *owner* (None: as it is)."""
    if owner is None:
        return sql
    return f"set local role {ident(owner)};\n{sql.rstrip()}\nreset role;\n"


def lock(table: TableName, strength: Lock) -> str:
    """Return the SQL that keeps writers out until the commit, and readers where it must."""
    return f"lock table {qualified(table)} in {strength.words} mode;\n"


def lock_weakly(table: Table) -> str:
    """Return the SQL that takes the lock of a writer, which keeps DDL out and nobody else."""
    return f"lock table {qualified(table.name)} in row exclusive mode;\n"


def lend(table: Table, signature: str) -> str:
    """Return the SQL that hands a function to the owner of *table*.

    Who that is, a script asks where it runs: it is written without its database.
    """
    if table.owner:
        return own_function(table.owner, signature)
    slots = {"relation": qualified(table.name), "signature": signature}
    return f"{block('migration_lend', slots)};\n"


def own_function(owner: str, signature: str) -> str:
    """Return the SQL that hands a function to *owner*."""
    return f"alter function {signature} owner to {ident(owner)};\n"
