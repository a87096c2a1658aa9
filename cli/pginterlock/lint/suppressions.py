"""Comments that accept a finding: ``-- interlock: ok REASON``, ``# interlock: ok REASON``.

One counts for a statement that it stands in, or directly before on lines of its own. Pure: text in.
"""

import re

from pginterlock.lint.actions import Place

_COMMENT = re.compile(r"(?:--|\#|/\*)\s*interlock:\s*ok\b[:\s]*(?P<reason>[^\n]*?)(?:\*/[^\n]*)?$")
_ALONE = re.compile(r"\s*(?:--|\#|/\*)")


class Suppressions:
    """The comments of one file that accept findings."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._reasons: dict[int, str] = {}
        self.reasonless: list[tuple[int, int]] = []
        for number, line in enumerate(self._lines, start=1):
            found = _COMMENT.search(line.rstrip("\r"))
            if found and found["reason"].strip():
                self._reasons[number] = found["reason"].strip()
            elif found:
                self.reasonless.append((number, found.start() + 1))

    def reason(self, place: Place) -> str | None:
        """Return why what stands at *place* is accepted; None where nobody says so."""
        for first, last in place.spans or ((place.line, place.line),):
            for number in range(self._first_above(first), last + 1):
                if number in self._reasons:
                    return self._reasons[number]
        return None

    def line(self, number: int) -> str:
        """Return line *number* of the file, without its indent."""
        return self._lines[number - 1].strip() if 0 < number <= len(self._lines) else ""

    def _first_above(self, line: int) -> int:
        """Return the first of the comment lines that end right above *line*."""
        while 1 < line <= len(self._lines) + 1 and _ALONE.match(self._lines[line - 2]):
            line -= 1
        return line
