"""Values of factories that a method computes: ``@lazy_attribute def status(self)``. Pure."""

from collections.abc import Iterator

from pginterlock.scan.class_sites import of_method
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.wanted import Wanted

_WORD = "lazy_attribute"
_MOST = 100  # files that have such methods


def of_columns(reader: Reader, wanted: Wanted) -> Iterator[Draft]:
    """Yield the methods of factories that compute the column."""
    paths = reader.project.holding(_WORD)
    for path in paths if len(paths) <= _MOST else ():
        for name in sorted(wanted.names):
            speaks = f"def {name}(".encode() in reader.project.text(path)
            module = reader.project.module(path) if speaks else None
            for method in module.functions_named(name) if module else ():
                if found := of_method(reader, wanted, method, name):
                    yield found
