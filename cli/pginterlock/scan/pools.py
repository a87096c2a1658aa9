"""Connections of a pool of psycopg, which commits as their block ends. Pure."""

import ast
import re

from pginterlock.scan.definitions import last_name
from pginterlock.scan.project import Project

_PACKAGE = "psycopg_pool"
_POOL = re.compile(r"pool\d?$")
_MAKING = ("ConnectionPool", "AsyncConnectionPool", "NullConnectionPool", "AsyncNullConnectionPool")
_ALONE = "autocommit"


def is_of_pool(project: Project, node: ast.AST) -> bool:
    """Say whether a block is a connection of a pool, ``pool.connection()``, that commits.

    Known by its name, where the project uses pools of psycopg and makes none that commits alone.
    """
    match node:
        case ast.Await(value=value):
            return is_of_pool(project, value)
        case ast.Call(func=ast.Attribute(value=on, attr="connection")) if _POOL.search(
            last_name(on).lower()
        ):
            return bool(project.holding(_PACKAGE)) and not _commit_alone(project)
    return False


def _commit_alone(project: Project) -> bool:
    """Say whether a pool of the project is made of connections that commit each statement."""
    return any(
        _ALONE in ast.unparse(call) for name in _MAKING for _, call, _ in project.calls(name)
    )
