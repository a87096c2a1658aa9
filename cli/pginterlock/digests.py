"""What a machine is known by where it is frozen: a digest of its definition.

Pure: data in, text out.
"""

import hashlib
import json

from pginterlock.compiler.registry import definition
from pginterlock.model import Machine

_DIGITS = 16


def digest(machine: Machine) -> str:
    """Return what *machine* is known by: a hash of its definition, as the registry keeps it.

    It is taken of the text that the server gives of that definition, which is jsonb: so that a
    script can ask the server itself.
    """
    return hashlib.sha256(_as_jsonb(json.loads(definition(machine))).encode()).hexdigest()[:_DIGITS]


def _as_jsonb(value: object) -> str:
    """Return *value* as the server writes jsonb: shorter keys first."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        told = (f"{json.dumps(key, ensure_ascii=False)}: {_as_jsonb(value[key])}" for key in keys)
        return "{" + ", ".join(told) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_jsonb, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
