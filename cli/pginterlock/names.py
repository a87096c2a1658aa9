"""Names and literals of PostgreSQL: quoting, and the names that our objects get.

Pure: text in, text out.
"""

import re

MAX_BYTES = 63
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


def ident(name: str) -> str:
    """Return *name* as a quoted identifier."""
    from psycopg import sql  # noqa: PLC0415 - where text is only read, the driver takes time

    return sql.Identifier(name).as_string()


def field(row: str, column: str) -> str:
    """Return the field *column* of *row*; plain names stay bare, for after a dot any word may."""
    return f"{row}.{column}" if _PLAIN.match(column) else f"{row}.{ident(column)}"


def literal(value: str) -> str:
    """Return *value* as a string literal that no session setting can read differently."""
    from psycopg import sql  # noqa: PLC0415

    return sql.Literal(value).as_string().lstrip()


def array(values: tuple[str, ...] | list[str]) -> str:
    """Return a text array."""
    return (
        f"array[{', '.join(literal(value) for value in values)}]::pg_catalog.text[]"
        if values
        else "'{}'"
    )


def cut(name: str) -> str:
    """Return *name*, or where it is too long for PostgreSQL its beginning and a hash."""
    if len(name.encode()) <= MAX_BYTES:
        return name
    import hashlib  # noqa: PLC0415 - few are

    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    head = name.encode()[: MAX_BYTES - 9].decode(errors="ignore")
    return f"{head}_{digest}"


def dollar(body: str) -> str:
    """Return *body* in dollar quotes whose tag does not occur in it."""
    tag = "$interlock$"
    number = 0
    while tag in body:
        number += 1
        tag = f"$interlock{number}$"
    return f"{tag}\n{body}{tag}"
