"""Which view answers a route, as the URLconfs of a Django project say it.

Pure: text in, data out.
"""

import ast
from collections.abc import Iterable, Mapping

from pginterlock.scan.parts import parse

Routes = Mapping[str, str]  # a route, or the name of one, to the view that answers it

_CALLS = frozenset(["path", "re_path", "url"])
_ANCHORS = "^$/"


def routes_of(texts: Iterable[str]) -> dict[str, str]:
    """Return the routes and their names in URLconfs, each with the view that answers it.

    What does not parse, and what leads to another URLconf, is left out.
    """
    found: dict[str, str] = {}
    for text in texts:
        try:
            tree = parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _last_name(node.func) in _CALLS:
                found |= _route(node)
    return found


def view_of(route: str, routes: Routes) -> str:
    """Return the view that answers *route*, or what has that name; empty where none is known.

    A route is seen whole, and stands in pieces in the URLconfs: the longest that ends it counts.
    """
    if route in routes:
        return routes[route]
    bare = route.strip(_ANCHORS)
    ends = [it for it in routes if it.strip(_ANCHORS) and _is_end(bare, it.strip(_ANCHORS))]
    return routes[max(ends, key=len)] if ends else ""


def _is_end(route: str, part: str) -> bool:
    return route == part or route.endswith(f"/{part}")


def _route(node: ast.Call) -> dict[str, str]:
    if len(node.args) < 2:  # noqa: PLR2004 - a route and its view
        return {}
    route, view = node.args[0], _view(node.args[1])
    names = [it.value for it in node.keywords if it.arg == "name"]
    told = [it.value for it in (route, *names) if isinstance(it, ast.Constant)]
    return {it: view for it in told if isinstance(it, str) and view}


def _view(node: ast.expr) -> str:
    """Return the class or function that answers: of ``View.as_view()`` the class."""
    if isinstance(node, ast.Call):
        if _last_name(node.func) == "include":
            return ""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "as_view":
            return _last_name(node.func.value)
        return _view(node.args[0]) if node.args else ""  # a decorator around it
    return _last_name(node)


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
