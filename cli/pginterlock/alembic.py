"""Machines in Alembic: ``import pginterlock.alembic`` in env.py.

Then ``alembic revision --autogenerate`` writes ``op.interlock_apply`` where interlock.yaml has
changed, and proposes nothing of ours for removal. `include_object` is that filter, for a script
that compares by itself. See docs/how-to/alembic.md.
"""

from alembic import __version__
from alembic.util import CommandError

_OLDEST = (1, 13)


def _demand_version() -> None:
    told = tuple(int(it) for it in __version__.split(".")[:2] if it.isdigit())
    if told < _OLDEST:
        raise CommandError(
            f"pginterlock needs Alembic {'.'.join(map(str, _OLDEST))} or later, and this is"
            f" {__version__}.\n  pip install --upgrade alembic"
        )


_demand_version()

from pginterlock.integrations.alembic import compare, render  # noqa: E402, F401
from pginterlock.integrations.alembic.shield import include_object  # noqa: E402

compare.register()

__all__ = ["include_object"]
