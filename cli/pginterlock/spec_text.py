"""YAML to plain data, with the place of every key, item and character.

Pure: text in, data out.
"""

from typing import Protocol

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from pginterlock.errors import SpecError
from pginterlock.model import Position, SpecPath

_MAX_PARTS = 100_000
_MAX_DEPTH = 20
_ESCAPES = {"x": 4, "u": 6, "U": 10}  # how long these are in double quotes; all others are 2


class Source(Protocol):
    """Where a spec comes from: its data, and where each of its parts stands."""

    positions: dict[SpecPath, Position]

    @property
    def data(self) -> object:
        """The spec as plain data."""

    def locate(self, path: SpecPath) -> Position:
        """Return where *path* stands, or its nearest parent."""

    def inside(self, path: SpecPath, offset: int) -> Position:
        """Return where character *offset* of the text at *path* stands."""

    def unstorable(self) -> list[SpecPath]:
        """Return where text stands that PostgreSQL cannot store."""


class Document:
    """One YAML file: its data, and where each key, each item and each character of it stands."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.positions: dict[SpecPath, Position] = {(): Position(file, 1, 1)}
        self._texts: dict[SpecPath, str] = {}
        self._starts: dict[SpecPath, tuple[int, int]] = {}
        self._source = text.replace("\r\n", "\n")
        self._parts = 0
        self.data = self._plain(_load(self._source, file), ())

    def locate(self, path: SpecPath) -> Position:
        """Return where *path* stands, or its nearest parent."""
        while path not in self.positions:
            path = path[:-1]
        return self.positions[path]

    def inside(self, path: SpecPath, offset: int) -> Position:
        """Return where character *offset* of the text at *path* stands in the file.

        Where that cannot be told, for its lines are folded beyond recognition: where it begins.
        """
        if path not in self._texts or path not in self._starts:
            return self.locate(path)
        line, column = self._starts[path]
        start = sum(len(it) + 1 for it in self._source.split("\n")[:line]) + column
        found = _follow(self._source, start, self._texts[path][: offset + 1])
        if found is None:
            return Position(self.file, line + 1, column + 1)
        line = self._source.count("\n", 0, found)
        return Position(self.file, line + 1, found - self._source.rfind("\n", 0, found))

    def unstorable(self) -> list[SpecPath]:
        """Return where text stands that PostgreSQL cannot store: nulls, halves of surrogates."""
        names = ((path, str(path[-1])) for path in self.positions if path)
        return [path for path, text in (*names, *self._texts.items()) if not is_storable(text)]

    def _plain(self, node: object, path: SpecPath) -> object:
        """Return *node* as plain data, and note where everything below it stands."""
        self._parts += 1
        if self._parts > _MAX_PARTS or len(path) > _MAX_DEPTH:
            raise SpecError(
                (f"{self.locate(path)}: too many parts: do aliases repeat each other?",)
            )
        if isinstance(node, TaggedScalar) and str(node.tag.value) == "tag:yaml.org,2002:str":
            node = node.value
        if isinstance(node, CommentedMap):
            return {key: self._plain(it, self._note(node, key, path)) for key, it in node.items()}
        if isinstance(node, CommentedSeq):
            return [self._plain(it, self._note(node, n, path)) for n, it in enumerate(node)]
        if isinstance(node, str):
            self._texts[path] = str(node)
            return str(node)
        return node

    def _note(self, node: CommentedMap | CommentedSeq, key: object, path: SpecPath) -> SpecPath:
        here: SpecPath
        if isinstance(node, CommentedSeq) and isinstance(key, int):
            here, place = (*path, key), node.lc.item(key)
            self._starts[here] = place
        else:
            here = (*path, str(key))
            try:
                place = node.lc.key(key)
                self._starts[here] = node.lc.value(key)
            except KeyError:  # it comes from a merge, `<<: *shared`
                self.positions[here] = self.locate(path)
                return here
        self.positions[here] = Position(self.file, place[0] + 1, place[1] + 1)
        return here


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store *text*: it has no null and no half of a surrogate."""
    return not any(it == "\0" or "\ud800" <= it <= "\udfff" for it in text)


def _follow(source: str, at: int, text: str) -> int | None:
    """Return where the last character of *text* stands, which begins a scalar at *at*.

    Source and text are read side by side: quotes, escapes and indents are stepped over.
    """
    style = source[at : at + 1]
    indent = None
    if style in ("|", ">"):
        at = source.find("\n", at) + 1
        indent = _indent(source, at)
    elif style in ("'", '"'):
        at += 1
    found = None
    for wanted in text:
        at = _skip_indent(source, at, wanted, indent)
        found = at
        here = source[at : at + 1]
        is_escape = style == '"' and here == "\\"
        if not is_escape and here != wanted and (here, wanted) != ("\n", " "):
            return None
        if is_escape:
            at += _ESCAPES.get(source[at + 1 : at + 2], 2)
        else:
            at += 2 if style == here == "'" else 1
    return found


def _skip_indent(source: str, at: int, wanted: str, indent: int | None) -> int:
    """Return where the next line goes on, if *at* is where one begins."""
    if source[at - 1 : at] != "\n":
        return at
    end = at
    while source[end : end + 1] == " " and (indent is None or end - at < indent):
        end += 1
    if source[end : end + 1] == "\n" != wanted:
        return _skip_indent(source, end + 1, wanted, indent)
    return end


def _indent(source: str, at: int) -> int:
    """Return how far the first line from *at* that is not blank is indented."""
    lines = source[at:].split("\n")
    return next((len(it) - len(it.lstrip(" ")) for it in lines if it.strip()), 0)


def _load(text: str, file: str) -> object:
    yaml = YAML(typ="rt")
    try:
        root = yaml.load(text)
    except DuplicateKeyError as error:
        raise SpecError((_marked(error, file, _duplicate(error)),)) from None
    except MarkedYAMLError as error:
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise SpecError((_marked(error, file, f"not YAML: {said}"),)) from None
    except ReaderError as error:
        line, column = text.count("\n", 0, error.position), error.position
        column -= text.rfind("\n", 0, error.position)
        raise SpecError((f"{file}:{line + 1}:{column}: not YAML: {error.reason}",)) from None
    except RecursionError:
        raise SpecError((f"{file}:1:1: not YAML: nested too deeply",)) from None
    except (YAMLError, ValueError) as error:
        raise SpecError((f"{file}:1:1: not YAML: {' '.join(str(error).split())}",)) from None
    if root is None:
        raise SpecError(
            (f"{file}:1:1: the file is empty",),
            remedy="A spec begins with `interlock: 1` and has `machines:`.",
        )
    return root


def _duplicate(error: DuplicateKeyError) -> str:
    said = str(error.problem or "")
    name = said.split('"')[1] if '"' in said else ""
    return f"key {name!r} is there twice"


def _marked(error: MarkedYAMLError, file: str, message: str) -> str:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return f"{file}:{line}:{column}: {message}"
