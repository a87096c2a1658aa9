"""The chain of seals: what each root is made of, and the line that is kept elsewhere.

Pure: data in, data out. A leaf stands for one entry, a chunk for some hundred leaves, a tree for
the chunks of one relation in one month, a root for the trees of one seal and the root before it.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, unquote

# What is hashed begins with a byte that says what it is: nothing can be passed off as another.
LEAF, CHUNK, TREE, ROOT = (bytes([level]) for level in range(4))
_WORD = "interlock-seal-1"
_LINE = re.compile(
    r"(?P<signed>interlock-seal-1 (?P<database>\S+) (?P<chain>[0-9a-f-]{36}) (?P<number>\d{1,18})"
    r" (?P<total>\d{1,18}) (?P<time>\S+) (?P<root>[0-9a-f]{64})(?: (?P<key>[0-9a-f]{64}))?)"
    r"(?: (?P<signature>[0-9a-f]{128}))?\Z"
)


@dataclass(frozen=True, slots=True)
class Tree:
    """The entries of one relation in one month, as far as one seal covers them."""

    number: int
    relation: str
    month: date
    entry_count: int
    first_id: int
    last_id: int
    root: bytes
    columns: tuple[str, ...]
    erasable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """One link of the chain."""

    number: int
    chain_id: str
    previous: bytes
    root: bytes
    entry_count: int
    total_count: int
    cluster: str
    from_xid: int
    upto_xid: int
    last_relation: str | None
    last_entry: int | None
    sealed_at: datetime


def first_link(chain_id: str) -> bytes:
    """Return what the first seal of a chain has for the root before it."""
    return hashlib.sha256(ROOT + chain_id.encode()).digest()


def root_of(seal: Seal, trees: Iterable[Tree]) -> bytes:
    """Return the root that *seal* must have over *trees*."""
    head = [
        *(seal.number, seal.chain_id, seal.previous.hex(), seal.entry_count, seal.total_count),
        *(seal.cluster, seal.from_xid, seal.upto_xid, seal.last_relation, seal.last_entry),
        moment(seal.sealed_at),
    ]
    below = [
        [
            *(it.relation, it.month.isoformat(), it.entry_count, it.first_id, it.last_id),
            *(it.root.hex(), list(it.columns), list(it.erasable)),
        ]
        for it in sorted(trees, key=lambda it: (it.relation, it.month))
    ]
    text = json.dumps([head, below], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(ROOT + text.encode()).digest()


def moment(at: datetime) -> str:
    """Return a moment in one way only, whatever zone it came in."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A root as it is kept elsewhere: one line. *key* is the fingerprint of who signed it."""

    database: str
    chain_id: str
    number: int
    total_count: int
    time: str
    root: bytes
    key: str | None = None
    signature: bytes | None = None

    @property
    def signed(self) -> str:
        """The part of the line that a signature is over."""
        words = [_WORD, quote(self.database, safe=""), self.chain_id, str(self.number)]
        words += [str(self.total_count), self.time, self.root.hex()]
        return " ".join([*words, self.key] if self.key else words)

    def line(self) -> str:
        """Return the line, without its end."""
        return f"{self.signed} {self.signature.hex()}" if self.signature else self.signed


def anchor(seal: Seal, database: str) -> Anchor:
    """Return what is kept elsewhere of *seal*."""
    return Anchor(
        database,
        seal.chain_id,
        seal.number,
        seal.total_count,
        moment(seal.sealed_at),
        seal.root,
    )


def read_anchor(line: str) -> Anchor | None:
    """Return what *line* says; None where it is no such line."""
    found = _LINE.match(line)
    if not found or bool(found["key"]) != bool(found["signature"]):
        return None
    return Anchor(
        unquote(found["database"]),
        found["chain"],
        int(found["number"]),
        int(found["total"]),
        found["time"],
        bytes.fromhex(found["root"]),
        found["key"],
        bytes.fromhex(found["signature"]) if found["signature"] else None,
    )


def broken_links(seals: Sequence[Seal], trees: Sequence[Tree]) -> list[tuple[int, str]]:
    """Return the number of each seal that does not fit, and why; *seals* are in order."""
    found: list[tuple[int, str]] = []
    below: dict[int, list[Tree]] = {}
    for tree in trees:
        below.setdefault(tree.number, []).append(tree)
    previous, total, chain_id = b"", 0, ""
    for expected, seal in enumerate(seals, start=1):
        if expected == 1:
            chain_id, previous = seal.chain_id, first_link(seal.chain_id)
        mine = below.pop(seal.number, [])
        total += sum(it.entry_count for it in mine)
        if seal.number != expected:
            found.append((expected, "it is missing, and later ones are there"))
            break
        if seal.previous != previous or seal.chain_id != chain_id:
            found.append((seal.number, "it does not continue the seal before it"))
        if seal.total_count != total or seal.entry_count != sum(it.entry_count for it in mine):
            found.append((seal.number, "its counts are not those of its trees"))
        elif root_of(seal, mine) != seal.root:
            found.append((seal.number, "its root is not that of its trees"))
        previous = seal.root
    if not found:
        found += [(number, "there are trees of it, and no seal") for number in sorted(below)]
    return found
