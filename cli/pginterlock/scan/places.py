"""Where a file stands in a code base: a service, a test, a migration; and its module.

Pure: text in, text out.
"""

import itertools
import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePath

_TESTS = frozenset(["test", "tests"])
_MIGRATIONS = frozenset(["migrations"])
_REVISIONS = ("alembic", "versions")
_TEST_FILE = re.compile(r"(?:test_.*|.*_test|conftest|tests)\.py\Z")
_SUFFIXES = (".py", ".sql")


class Role(StrEnum):
    """What a file is there for."""

    PRODUCTION = "production"
    TEST = "test"
    MIGRATION = "migration"


def role(file: str, roots: Iterable[str] = ()) -> Role:
    """Return what *file* is there for; folders down to the one of *roots* it lies in say nothing.

    So a folder of tests is production where it is what somebody asked for.
    """
    parts = _below(PurePath(file), roots).parts
    folders = parts[:-1]
    if _TESTS.intersection(folders) or (parts and _TEST_FILE.match(parts[-1])):
        return Role.TEST
    if _MIGRATIONS.intersection(folders) or _REVISIONS in itertools.pairwise(folders):
        return Role.MIGRATION
    return Role.PRODUCTION


def _below(path: PurePath, roots: Iterable[str]) -> PurePath:
    around = [PurePath(it) for it in roots if path.is_relative_to(it) and path != PurePath(it)]
    nearest = max(around, key=lambda it: len(it.parts), default=None)
    return path.relative_to(nearest) if nearest else path


def service_of(file: str, services: Sequence[str]) -> str | None:
    """Return the first of *services* that *file* belongs to; None where it is none of them."""
    path = PurePath(file).as_posix()
    return next((it for it in services if _pattern(it).search(path)), None)


def module_of(file: str, services: Sequence[str]) -> str:
    """Return the module under which a write in *file* is counted.

    That is the file, or the folder of services that it lies in.
    """
    service = service_of(file, services)
    return service if service and service.endswith("/") else PurePath(file).as_posix()


@lru_cache(maxsize=1024)
def _pattern(service: str) -> re.Pattern[str]:
    """Return what finds *service* in a path: from any folder on, to the end of a name."""
    text = service.strip().removeprefix("./")
    is_dotted = "/" not in text and not text.endswith(_SUFFIXES)
    if is_dotted:
        text = text.replace(".", "/")
    body = "".join(_piece(it) for it in re.split(r"(\*\*/?|\*|\?)", text))
    if text.endswith("/"):
        end = ""
    elif text.endswith(_SUFFIXES):
        end = r"\Z"
    else:
        end = r"(?:\.py|\.sql|/.*)?\Z"
    return re.compile(rf"(?:\A|/){body.lstrip('/')}{end}")


def _piece(text: str) -> str:
    match text:
        case "**/":
            return "(?:.*/)?"
        case "**":
            return ".*"
        case "*":
            return "[^/]*"
        case "?":
            return "[^/]"
        case _:
            return re.escape(text)
