"""Places for values in SQL, told from another by number. Pure."""

import re

from pginterlock.scan.python_literals import Built

_PLACE = re.compile(r"%%|%([sbt])(?!\w)")


def numbered(built: Built) -> Built:
    """Return *built* with the number of each ``%s`` in it, so that one is told from another."""
    made = Built()
    last, count = 0, 0
    for match in _PLACE.finditer(built.text):
        if match[1]:
            made.join(built.part(last, match.start()))
            made.add(f"%({count}){match[1]}", built.offsets[match.start()])
            last, count = match.end(), count + 1
    made.join(built.part(last, len(built.text)))
    return made
