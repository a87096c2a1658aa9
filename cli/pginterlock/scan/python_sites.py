"""Candidates of a module, judged: which of them write what is wanted. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from pginterlock.scan import (
    attribute_sites,
    call_sites,
    class_sites,
    dict_sites,
    named_columns,
    renamed_fields,
)
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.drafts import Draft
from pginterlock.scan.infer import Reader
from pginterlock.scan.modules import Module
from pginterlock.scan.transition_sites import of_transition
from pginterlock.scan.wanted import Wanted

__all__ = ["Draft", "judge"]

_JUDGES: Mapping[str, Callable[[Reader, Wanted, Candidate, Module], Iterator[Draft]]] = {
    "attribute": attribute_sites.of_attribute,
    "setattr": attribute_sites.of_attribute,
    "named_by": attribute_sites.of_name,
    "keyword": call_sites.of_keyword,
    "transition": of_transition,
    "named": call_sites.of_named,
    "pairs": dict_sites.of_pairs,
    "pairs_by": dict_sites.of_comprehension,
    "columns": dict_sites.of_columns,
    "key": dict_sites.of_key,
    "column_key": dict_sites.of_column_key,
    "keyed_pairs": named_columns.of_keyed,
    "keyed_item": named_columns.of_keyed,
    "member": class_sites.of_member,
    "listed": class_sites.of_listed,
    "sourced": renamed_fields.of_sourced,
}
# What runs the setter of a property.
_ASSIGNING = frozenset(["attribute", "setattr", "named_by"])


def judge(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield the writes of *wanted* that a candidate is."""
    if told := wanted.properties.get(it.name):
        if it.how not in _ASSIGNING:
            return
        if not told.is_kept:
            it = replace(it, value=None)
    yield from _JUDGES[it.how](reader, wanted, it, module)
