"""What the program asks the catalog, as a script asks it: in a block, of its variables.

Pure: names in, SQL text out.
"""

import re

from pginterlock import assets
from pginterlock.rules.parts import indent

_PARAMETER = re.compile(r"%\((?P<name>\w+)\)s")
_NOTE = re.compile(r" -- noqa.*$|^--.*\n", re.MULTILINE)


def question(query: str, depth: int = 2, **values: str) -> str:
    """Return *query* of ``sql/queries`` as a subquery, with SQL for its parameters."""
    asked = _NOTE.sub("", assets.read("sql", "queries", f"{query}.sql")).strip().rstrip(";")
    return indent(_PARAMETER.sub(lambda it: values[it["name"]], asked), depth).lstrip()
