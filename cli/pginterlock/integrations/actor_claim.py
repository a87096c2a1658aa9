"""The two statements that say who acts, and take it back: local to a transaction, any driver.

They do what `interlock.act_as` does, and are right where schema interlock is not there yet, too.
"""

from dataclasses import dataclass

READ = "select current_setting('interlock.actor', true), current_setting('interlock.reason', true)"
_SET = (
    "select pg_catalog.set_config('interlock.actor', {}, true),"
    " pg_catalog.set_config('interlock.reason', {}, true)"
)
OF_PSYCOPG = _SET.format("%s", "%s")
OF_ASYNCPG = _SET.format("$1", "$2")
OF_SQLALCHEMY = _SET.format(":actor", ":reason")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who acts, and why; None, and what is blank, is nobody."""

    actor: str | None = None
    reason: str | None = None

    @property
    def values(self) -> list[str]:
        """What the settings are to be."""
        return [it if it and not it.isspace() else "" for it in (self.actor, self.reason)]
