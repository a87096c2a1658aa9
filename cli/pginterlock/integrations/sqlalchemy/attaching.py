"""Tell mapped classes of the machines of a file: what they hold then is never stale."""

from pathlib import Path
from typing import Any

from pginterlock import spec
from pginterlock.integrations.sqlalchemy import fresh
from pginterlock.integrations.sqlalchemy.collecting import metadatas_of, spec_of
from pginterlock.integrations.sqlalchemy.tables import found_in
from pginterlock.model import Spec


def attach(target: Any, file: Spec | Path | str) -> Spec:
    """Let the classes of *target* know the machines of *file*, and return all of both.

    Objects of these classes get what triggers write, as those do whose class declares a machine.
    Raises SpecError where file and classes do not agree: see `spec_of`.
    """
    read = file if isinstance(file, Spec) else spec.load(Path(file))
    found = spec_of(target, read)
    tables = {name: it for one in metadatas_of(target) for name, it in found_in(one).items()}
    for machine in found.machines:
        if machine.table in tables:
            fresh.note_written(tables[machine.table], fresh.written_by(machine))
    return found
