"""Fields of serializers that write a column under another name: ``source="status"``. Pure."""

from collections.abc import Iterator

from pginterlock.scan import validated
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.class_sites import is_computed, is_read_only
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.modules import Module, scope_of
from pginterlock.scan.sent_fields import lists
from pginterlock.scan.wanted import Wanted, fits


def of_sourced(reader: Reader, wanted: Wanted, it: Candidate, module: Module) -> Iterator[Draft]:
    """Yield ``state = CharField(source="status")`` of a serializer that saves it."""
    owner = scope_of(module, it.stmt)
    if not isinstance(owner, ClassDef) or not validated.is_serializer(reader, owner):
        return
    shown = it.shown
    if (
        is_computed(it.value)
        or is_read_only(reader, owner, shown)
        or is_read_only(reader, owner, it.name)
    ):
        return
    if not fits(reader, wanted, reader.models.about(owner)):
        yield from validated.of_declared(reader, wanted, it, owner)
    elif any(lists(base, shown) for base in reader.ancestry(owner)):
        told = f"a serializer of {wanted.shown} saves it"
        yield drafted(reader, wanted, it, module, "serializer_field", is_new=None, reason=told)
        yield from validated.of_field(reader, wanted, it, owner)
