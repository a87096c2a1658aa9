"""Copies into columns that are listed elsewhere: ``copy_records_to_table(columns=COLUMNS)``. Pure.

Such a call need not name the column: a constant does, in another statement, or the class.
"""

import ast
from collections.abc import Iterator

from pginterlock.scan import made_lists
from pginterlock.scan.candidates import Candidate
from pginterlock.scan.copy_calls import COPYING, copied
from pginterlock.scan.drafts import Draft, drafted
from pginterlock.scan.made_places import Place
from pginterlock.scan.made_texts import MadeTexts
from pginterlock.scan.wanted import Wanted

_DEPTH = 12


def of_columns(made: MadeTexts, wanted: Wanted) -> Iterator[Draft]:
    """Yield the copies into what is wanted whose columns are no list that is written down there."""
    reader = made.reader
    for name in COPYING:
        for module, call, stmt in reader.project.calls(name):
            told = _columns(call)
            if told is None or copied(wanted, call) is None:
                continue
            listed = made_lists.items(made, told, Place(module, stmt), _DEPTH) or ()
            known = {one for texts in listed for one in texts}
            for column in sorted(known & wanted.names.keys()):
                it = Candidate("listed", column, call, stmt, call=call)
                why = f"a copy into {wanted.shown}"
                yield drafted(reader, wanted, it, module, "driver_copy", is_new=True, reason=why)


def _columns(call: ast.Call) -> ast.expr | None:
    """Return what tells the columns, where they are not written down in the call."""
    for it in call.keywords:
        if it.arg == "columns" and not isinstance(it.value, ast.List | ast.Tuple):
            return it.value
    return None
