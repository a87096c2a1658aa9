"""The chain of seals against the roots that were kept elsewhere.

Pure: a chain and lines in, findings out; a key is read by `signing`.
"""

from collections.abc import Iterator, Sequence

from pginterlock import signing
from pginterlock.chain import Anchor, Seal, anchor, read_anchor
from pginterlock.findings import Finding

_SHOWN = 40


def compare(seals: Sequence[Seal], lines: Sequence[str], public_key: bytes | None) -> list[Finding]:
    """Return what of *lines* the chain does not keep.

    Raises UsageError where *public_key* is none, EnvironmentFault without `cryptography`.
    """
    found: list[Finding] = []
    kept = [(number, it.strip()) for number, it in enumerate(lines, start=1) if it.strip()]
    if not kept:
        found.append(_finding("anchor-broken", "the file holds no line of interlock seal --export"))
    for number, line in kept:
        it = read_anchor(line)
        if it is None:
            found.append(
                _finding(
                    "anchor-broken",
                    f"line {number} is none of interlock seal --export: {line[:_SHOWN]!r}",
                )
            )
        elif public_key is not None and not signing.is_signed_by(it, public_key):
            why = "is not signed" if it.signature is None else "was not signed by this key"
            found.append(_finding("anchor-signature", f"line {number} {why}"))
        else:
            found += _against(seals, number, it)
    return found


def _against(seals: Sequence[Seal], number: int, kept: Anchor) -> Iterator[Finding]:
    own = {it.number: it for it in seals}
    where = f"line {number}, seal {kept.number}"
    if not seals:
        yield _finding("anchor-shortened", f"{where}: the database holds no seal at all")
    elif kept.chain_id not in {it.chain_id for it in seals}:
        yield _finding(
            "anchor-foreign",
            f"{where}: it is of another chain (database {kept.database!r})",
            "Another database's file; or all seals of this one were made anew",
        )
    elif kept.number not in own:
        yield _finding("anchor-shortened", f"{where}: the chain ends at seal {seals[-1].number}")
    elif (mine := own[kept.number]).root != kept.root:
        yield _finding(
            "anchor-differs",
            f"{where}: the root is another; the history up to {kept.time} was rebuilt",
        )
    elif anchor(mine, kept.database).line() != _unsigned(kept):
        yield _finding("anchor-broken", f"{where}: time or count are not those of the root")


def _unsigned(kept: Anchor) -> str:
    words = kept.signed.split(" ")
    return " ".join(words[:-1] if kept.key else words)


def _finding(
    code: str, message: str, hint: str = "Compare the history with a backup of before that time"
) -> Finding:
    return Finding(code, message, "", "interlock.seal", hint=hint)
