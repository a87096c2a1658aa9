"""What a database is known by: as it was found, and as a plan will have made it.

Pure: data in, text out.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping

from pginterlock.changes import AFTER
from pginterlock.objects import DbObject, ObjectKind


def fingerprint(facts: Mapping[str, str], objects: Iterable[DbObject]) -> str:
    """Return the SHA-256 of what was found: a plan is for that state of a database alone."""
    told = sorted(json.dumps([it.kind, it.name, dict(it.facts)], sort_keys=True) for it in objects)
    text = json.dumps([dict(facts), told], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def target(shapes: Mapping[str, str], objects: Iterable[DbObject]) -> str:
    """Return the SHA-256 of what a plan brings about: the same of objects wanted and found.

    What is done after the arming is left out, as indexes are, and so are histories, which only
    grow, and the words in which the server stores a CHECK.
    """
    told = []
    for it in objects:
        if it.kind not in (ObjectKind.TABLE, ObjectKind.INDEX):
            left_out = AFTER.keys() | {"expression"}
            kept = {name: value for name, value in it.facts if name not in left_out}
            told.append(json.dumps([it.kind, it.name, kept], sort_keys=True))
    text = json.dumps([dict(shapes), sorted(told)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
