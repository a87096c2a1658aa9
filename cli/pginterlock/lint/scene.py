"""One statement while it is read: its text, and from a place in its tree to a place in a file.

Pure: data in, data out.
"""

import re
from dataclasses import dataclass

from google.protobuf.message import Message

from pginterlock.lint.actions import Action, Locate, Place, Relation, Verb
from pginterlock.lint.sql_text import Statement


@dataclass(frozen=True, slots=True)
class Scene:
    """A statement, the text that it stands in, and where that stands."""

    statement: Statement
    text: str
    locate: Locate

    @property
    def place(self) -> Place:
        """Where the statement begins."""
        return self.locate(self.statement.start, self.statement.end)

    def at(self, node: Message) -> Place:
        """Return where *node*, which tells its location, stands."""
        location = getattr(node, "location", 0)
        if location <= 0:
            return self.place
        return self.locate(self.statement.at(location), self.statement.end)

    def word(self, name: str, after: int) -> tuple[Place, int]:
        """Return where *name* stands next behind character *after*, and where it ends."""
        pattern = re.compile(rf'(?<!\w)"?{re.escape(name)}"?(?!\w)', re.IGNORECASE)
        found = pattern.search(self.text, after, self.statement.end) if name else None
        if not found:
            return self.locate(after, self.statement.end), after
        return self.locate(found.start(), self.statement.end), found.end()

    def one(
        self,
        verb: Verb,
        table: Relation | None = None,
        name: str = "",
        to: str = "",
        *,
        words: frozenset[str] = frozenset(),
    ) -> Action:
        """Return one action that stands where the statement begins."""
        return Action(verb, self.place, table, name, to, words=words)
