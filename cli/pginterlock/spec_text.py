"""YAML to plain data, with the place of every key and item.

Pure: text in, data out.
"""

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

from pginterlock.errors import SpecError
from pginterlock.model import Position, SpecPath

_QUOTED = (DoubleQuotedScalarString, SingleQuotedScalarString)
_BLOCKS = (FoldedScalarString, LiteralScalarString)


class Document:
    """One YAML file: its data, where each part stands, and where each scalar's text begins."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        root = _load(text, file)
        self.positions: dict[SpecPath, Position] = {(): Position(file, 1, 1)}
        self.values: dict[SpecPath, Position] = {}
        for path, position, value in _places(root, (), file):
            self.positions[path] = position
            if value:
                self.values[path] = value
        self.data = _plain(root)


def _load(text: str, file: str) -> object:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    try:
        root = yaml.load(text)
    except DuplicateKeyError as error:
        raise SpecError((_marked(error, file, _duplicate(error)),)) from None
    except MarkedYAMLError as error:
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise SpecError((_marked(error, file, f"not YAML: {said}"),)) from None
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


def _places(
    node: object, path: SpecPath, file: str
) -> Iterator[tuple[SpecPath, Position, Position | None]]:
    """Yield the path and position of every key and item below *node*, and of scalar text."""
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            line, column = node.lc.key(key)
            here = (*path, key if isinstance(key, str) else str(key))
            yield here, Position(file, line + 1, column + 1), _text(node.lc.value(key), value, file)
            yield from _places(value, here, file)
    elif isinstance(node, CommentedSeq):
        for number, value in enumerate(node):
            line, column = node.lc.item(number)
            here = (*path, number)
            yield here, Position(file, line + 1, column + 1), _text((line, column), value, file)
            yield from _places(value, here, file)


def _text(place: tuple[int, int], value: object, file: str) -> Position | None:
    """Return where the text of a scalar begins, after its quote; None for block scalars."""
    if not isinstance(value, str) or isinstance(value, _BLOCKS):
        return None
    line, column = place
    return Position(file, line + 1, column + 1 + isinstance(value, _QUOTED))


def _plain(node: object) -> object:
    if isinstance(node, CommentedMap):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    return str(node) if isinstance(node, str) else node
