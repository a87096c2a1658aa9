"""What is done after a machine is armed, when nobody waits for it: old rows judged, and counted.

Pure: model and table in, SQL text out.
"""

import hashlib

from pginterlock import assets
from pginterlock.compiler.replay import replay
from pginterlock.compiler.scan import scan
from pginterlock.compiler.soundness import sound_case
from pginterlock.names import dollar, literal
from pginterlock.rules import enforced_predicates
from pginterlock.rules.parts import Writing, indent, plain
from pginterlock.template import fill


def judged(writing: Writing) -> str:
    """Return the digest of the row rules that all rows are to obey; nothing where none has to."""
    enforced = enforced_predicates(writing)
    if not enforced:
        return ""
    return hashlib.sha256(sound_case(writing, enforced, plain).encode()).hexdigest()[:16]


def judge(writing: Writing) -> str:
    """Return the SQL that judges every row, and notes that it was done; it raises where one fails.

    A CHECK that is replaced would judge them when it is validated, but to replace it takes a lock
    that stops readers; so only its function is, and this judges in its place.
    """
    slots = {
        "scan": indent(scan(writing, enforced_predicates(writing)).query.rstrip().rstrip(";"), 2),
        "judged": judged(writing),
        "machine": writing.machine.name,
    }
    body = fill(assets.read("sql", "templates", "judge.plpgsql"), slots)
    return fill(assets.read("sql", "templates", "judge.sql"), {"body": dollar(body)}) + ";\n"


def adopt(writing: Writing) -> str:
    """Return the SQL that counts the rows without a birth, unless they are counted already."""
    machine = writing.machine.name
    since = (
        "(select m.adopted_after from interlock.machine as m"
        f" where m.machine_name = {literal(machine)})"
    )
    slots = {"replay": indent(replay(writing, (), since).whether, 2), "machine": machine}
    body = fill(assets.read("sql", "templates", "adopt.plpgsql"), slots)
    return fill(assets.read("sql", "templates", "adopt.sql"), {"body": dollar(body)}) + ";\n"
