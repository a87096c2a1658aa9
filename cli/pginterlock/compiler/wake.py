"""What a guard function does for those who wait for entries.

Pure: a machine in, SQL text out.
"""

from pginterlock.names import literal
from pginterlock.rules.parts import Writing


def wake(writing: Writing) -> str:
    """Return what wakes listeners at the commit, once a transaction; nothing unless asked for.

    Never a payload: the entries are read from the history, and one of 8,000 bytes fails the write.
    """
    if writing.machine.outbox is None:
        return ""
    return f"perform pg_notify({literal(writing.machine.outbox.channel)}, '');\n"
