"""Guess what a word that nobody knows was to be."""

from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """Return a guess at what *name* was to be, ready to be appended."""
    import difflib  # noqa: PLC0415 - few words are unknown, and it takes time

    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
