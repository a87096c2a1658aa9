"""Writes in SQL that PostgreSQL's grammar does not read: other dialects, texts with gaps.

Word by word: what is not clearly a write is none. Pure: text in, data out.
"""

from collections.abc import Iterator

from pginterlock.scan.sql_holes import is_hole
from pginterlock.scan.sql_tree import Parsed
from pginterlock.scan.sql_words import END, Word, Words, tested, values_told, words_of
from pginterlock.scan.sql_write import SqlVerb, Values

_NO_TABLE = frozenset([
    "set", "of", "on", "or", "and", "skip", "nowait", "cascade", "no", "select", "where", "from",
    "into", "values", "as", "by", "for", "the", "a", "an", "in", "to", "with", "is", "if", "it",
    "all", "this", "that",
])  # fmt: skip
_JOINS = frozenset([
    "join", "inner", "left", "right", "cross", ",", "straight_join", "with", "(",
])  # fmt: skip
_AFTER_ALIAS = 60  # words of joins and hints between a table and its SET


def writes_in(text: str) -> Iterator[Parsed]:
    """Yield what is clearly a write in *text*; the location of each is where its verb stands."""
    words = words_of(text)
    at = 0
    while at < len(words):
        reader = _READERS.get(words[at].low) if words[at].kind == "name" else None
        found = reader(Words(words, at)) if reader else None
        if found:
            yield found[0]
            at = max(found[1], at + 1)
        else:
            at += 1


def _update(words: Words) -> tuple[Parsed, int] | None:
    verb = words.take()
    words.skip("only", "ignore", "low_priority")
    if words.skip("or"):  # SQLite: update or ignore
        words.take()
    table = words.take()
    if not _is_table(table):
        return None
    called = {table.text.rpartition(".")[2].lower(), table.text.lower()}
    alias = _to_set(words)
    if alias is None:
        return None
    columns, filled, is_open = _assigned(words)
    if not columns and not is_open:
        return None
    found = Parsed(
        SqlVerb.UPDATE,
        table.text,
        verb.offset,
        columns,
        tuple(dict.fromkeys(column for column, _ in columns)),
        tuple(tested(words, called | {alias})),
        filled,
        some_columns=is_open,
    )
    return found, words.at


def _to_set(words: Words) -> str | None:
    """Go behind the SET of an UPDATE, over an alias and joins; return the alias, None if no SET."""
    words.skip("*", "as")
    alias = ""
    if words.peek().kind == "name" and words.peek().low not in (*_JOINS, "set"):
        alias = words.take().text.lower()
    if words.skip("set"):
        return alias
    for _ in range(_AFTER_ALIAS if words.peek().low in _JOINS else 0):
        word = words.take()
        if word.low == "set":
            return alias
        if word is END or word.low == ";":
            break
    return None


def _assigned(words: Words) -> tuple[Values, tuple[tuple[str, str], ...], bool]:
    """Return what a SET gives values, what fills them in, and whether there may be more."""
    columns: list[tuple[str, str | None]] = []
    filled: list[tuple[str, str]] = []
    is_open = False
    while True:
        names = words.group()
        if names is None:
            word = words.take()
            if word.kind != "name":
                break
            if words.peek().low not in ("=", ":=", "+", "-"):
                is_open = is_open or is_hole(word.text)
                if not is_hole(word.text) or not words.skip(","):
                    break
                continue
            names = [[word]]
        words.skip("+", "-")
        if not words.skip("=", ":="):
            break
        value = words.value()
        for name in (it[-1].text for it in names if it):
            column = name.rpartition(".")[2]
            told = values_told(value, column, filled) if len(names) == 1 else [None]
            columns += [(column, it) for it in told]
        if not words.skip(","):
            break
    return tuple(dict.fromkeys(columns)), tuple(filled), is_open


def _insert(words: Words) -> tuple[Parsed, int] | None:
    verb = words.take()
    if words.skip("or"):  # SQLite: insert or replace
        words.take()
    words.skip("ignore", "low_priority", "delayed")
    if not words.skip("into"):
        return None
    table = words.take()
    if not _is_table(table):
        return None
    if words.skip("as"):
        words.take()
    names = words.group()
    start = words.peek().low
    if not (start in _ROWS or start == "(" or is_hole(start)) or not _has_rows(words, names):
        return None
    found = _inserted(words, names)
    columns, filled, is_open = found
    listed = [it[-1].text for it in names or [] if it]
    update, more, is_upsert, is_told = _conflict(words)
    others = tuple(dict.fromkeys(column for column, _ in update))
    conflict = Parsed(
        SqlVerb.UPSERT, table.text, verb.offset, update, others, filled=(*filled, *more)
    )
    rows = Parsed(
        SqlVerb.UPSERT if is_upsert else SqlVerb.INSERT,
        table.text,
        verb.offset,
        tuple(dict.fromkeys([*columns, *update])),
        others,
        filled=(*filled, *more),
        all_columns=not listed and not columns,
        is_new=None if is_upsert else True,
        some_columns=is_open or not is_told,
        inserted=columns if is_upsert else (),
        conflict=conflict if is_upsert else None,
    )
    return rows, words.at


_ROWS = frozenset([
    "values", "value", "select", "with", "default", "overriding", "set", "output",
])  # fmt: skip


def _has_rows(words: Words, names: list[list[Word]] | None) -> bool:
    """Say whether what comes is a source of rows and no prose, as after "insert into the list"."""
    following = words.peek(1)
    if words.peek().low in ("values", "value"):
        return following.low == "(" or is_hole(following.text) or following.kind == "sign"
    if words.peek().low in ("with", "set"):
        return following.kind == "name" and words.peek(2).low in ("=", "as", "(")
    if words.peek().low == "select":
        return names is not None or following is not END
    return True


def _inserted(
    words: Words, names: list[list[Word]] | None
) -> tuple[Values, tuple[tuple[str, str], ...], bool]:
    if words.peek().low == "set" and names is None:  # MySQL: insert into t set a = 1
        words.take()
        return _assigned(words)
    listed = [it[-1].text.rpartition(".")[2] for it in names or [] if it]
    columns: list[tuple[str, str | None]] = []
    filled: list[tuple[str, str]] = []
    defaults: set[str] = set()
    if words.skip("values", "value"):
        while (row := words.group()) is not None:
            for column, value in zip(listed, row, strict=False):
                if [it.low for it in value] == ["default"]:
                    defaults.add(column)
                else:
                    columns += [(column, told) for told in values_told(value, column, filled)]
            words.skip(",")
    told = {column for column, _ in columns}
    columns += [(column, None) for column in listed if column not in told | defaults]
    return tuple(dict.fromkeys(columns)), tuple(filled), any(map(is_hole, listed))


def _conflict(words: Words) -> tuple[Values, tuple[tuple[str, str], ...], bool, bool]:
    """Return what ON CONFLICT or ON DUPLICATE KEY gives values, whether there is one, and told."""
    start = words.at
    while (word := words.take()) is not END and word.low != ";":
        if word.low in ("conflict", "duplicate"):
            while words.peek().low not in ("", ";", "update", "nothing"):
                if words.take().low == "do" and is_hole(words.peek().text):
                    return (), (), False, False
            if not words.skip("update"):
                break
            words.skip("set")
            columns, filled, _ = _assigned(words)
            return columns, filled, True, True
        if word.low in _READERS and word.kind == "name" and word.low != "update":
            break
    words.at = start
    return (), (), False, True


def _merge(words: Words) -> tuple[Parsed, int] | None:
    verb = words.take()
    words.skip("into")
    table = words.take()
    if not _is_table(table):
        return None
    head = [words.peek(n).low for n in range(4)]
    if "using" not in head:
        return None
    columns: list[tuple[str, str | None]] = []
    updated: list[str] = []
    filled: list[tuple[str, str]] = []
    is_inserting = False
    while (word := words.take()) is not END and word.low != ";":
        if word.low == "update" and words.skip("set"):
            given, more, _ = _assigned(words)
            columns += given
            filled += more
            updated += [column for column, _ in given]
        elif word.low == "insert" and (names := words.group()) is not None:
            given, more, _ = _inserted(words, names)
            columns += given
            filled += more
            is_inserting = True
    is_new = (None if updated else True) if is_inserting else False
    merged = Parsed(
        SqlVerb.MERGE,
        table.text,
        verb.offset,
        tuple(dict.fromkeys(columns)),
        tuple(updated),
        filled=tuple(filled),
        is_new=is_new,
    )
    return merged, words.at


def _copy(words: Words) -> tuple[Parsed, int] | None:
    verb = words.take()
    table = words.take()
    if not _is_table(table):
        return None
    names = words.group()
    if not words.skip("from") or not (words.peek().low in _SOURCES or words.peek().kind == "text"):
        return None
    columns = tuple((it[-1].text, None) for it in names or [] if it)
    copied = Parsed(
        SqlVerb.COPY, table.text, verb.offset, columns, all_columns=not columns, is_new=True
    )
    return copied, words.at


_SOURCES = frozenset(["stdin", "program"])
_READERS = {
    "update": _update,
    "insert": _insert,
    "replace": _insert,
    "merge": _merge,
    "copy": _copy,
}


def _is_table(word: Word) -> bool:
    return word.kind == "name" and word.low not in _NO_TABLE
