"""Fill the slots of an SQL template.

The slots are psql's own, so a template also runs by hand with ``psql -v``:

* ``:"name"`` is an identifier and ``:'name'`` a literal; both are quoted here.
* ``:name`` is SQL that the compiler wrote; it goes in as it is.

Strings, comments and dollar-quoted bodies are left alone, as psql leaves them.
"""

import re
from collections.abc import Mapping

from psycopg import sql

from pginterlock.errors import TemplateError

_TOKEN = re.compile(
    r"""
      ::                                        # a cast
    | :"(?P<identifier>\w+)"
    | :'(?P<literal>\w+)'
    | :(?P<fragment>[a-z_]\w*)
    | --[^\n]* | /\* .*? \*/                    # from here on: what is left alone
    | \$(?P<tag>\w*)\$ .*? \$(?P=tag)\$
    | (?<!\w)e'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)


def fill(template: str, slots: Mapping[str, str]) -> str:
    """Return *template* with every slot replaced by its value from *slots*."""

    def replace(match: re.Match[str]) -> str:
        if name := match["identifier"]:
            return sql.Identifier(_value(slots, name)).as_string()
        if name := match["literal"]:
            return sql.Literal(_value(slots, name)).as_string()
        if name := match["fragment"]:
            return _value(slots, name)
        return match[0]

    return _TOKEN.sub(replace, template)


def _value(slots: Mapping[str, str], name: str) -> str:
    try:
        return slots[name]
    except KeyError:
        raise TemplateError(f"the template has a slot {name!r} that nothing fills") from None
