"""What the names of loops are together, round by round: ``for table, column in PAIRS``. Pure."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan.givings import givings
from pginterlock.scan.made_places import Made, Place, unpacked
from pginterlock.scan.modules import ancestors

if TYPE_CHECKING:
    from pginterlock.scan.made_texts import MadeTexts

_MOST = 60  # rounds
_DEPTH = 6
_SAME = frozenset(["list", "tuple", "sorted", "iter", "reversed"])
_Value = tuple[ast.expr, Place]
_Round = Mapping[str, _Value]
_Loop = tuple[ast.expr, ast.expr]  # the target, and what is run over


def rounds(
    texts: "MadeTexts", node: ast.expr, place: Place, depth: int = _DEPTH
) -> list[Mapping[str, Made]]:
    """Return what the names that *node* has of loops around it are, of each round of these.

    Empty where it has not two of them, or where what they run over is not written down.
    """
    asked = {it.id for it in ast.walk(node) if isinstance(it, ast.Name)}
    loops = [it for it in _loops(node, place) if asked]
    bound = {it.id for target, _ in loops for it in ast.walk(target) if isinstance(it, ast.Name)}
    if len(bound & asked) < 2:  # noqa: PLR2004 - of one alone each text is told as it is
        return []
    found: list[_Round] = [{}]
    for target, over in loops:
        more = [list(_runs(texts, target, over, it, place, depth)) for it in found]
        if not all(more) or sum(map(len, more)) > _MOST:
            return []
        found = [one for them in more for one in them]
    return [
        {name: texts.made(*one[name], depth) for name in bound & asked if name in one}
        for one in found
    ]


def _loops(node: ast.expr, place: Place) -> Iterator[_Loop]:
    """Yield the loops and comprehensions around *node*, the outermost first."""
    above = [it for it in ancestors(place.module, place.at) if isinstance(it, ast.For)]
    yield from ((it.target, it.iter) for it in reversed(above))
    for it in ast.walk(place.at):
        match it:
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if it is not node and any(
                one is node for one in ast.walk(it.elt)
            ):
                yield from ((one.target, one.iter) for one in it.generators)


def _runs(
    texts: "MadeTexts", target: ast.expr, over: ast.expr, above: _Round, place: Place, depth: int
) -> Iterator[_Round]:
    """Yield what the names are in each round of a loop in a round of those around it."""
    for value, there in _elements(texts, (over, place), above, depth):
        told = dict(_names(target, value, there))
        yield {**above, **told}


def _names(target: ast.expr, value: ast.expr, place: Place) -> Iterator[tuple[str, _Value]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, (value, place)
        case (
            ast.Tuple(elts=targets) | ast.List(elts=targets),
            ast.Tuple(elts=values) | ast.List(elts=values),
        ) if len(targets) == len(values):
            for one, it in zip(targets, values, strict=True):
                yield from _names(one, it, place)


def _elements(texts: "MadeTexts", held: _Value, above: _Round, depth: int) -> list[_Value]:
    """Return what running over an expression gives, one after the other; empty: not told."""
    node, place = held
    if depth < 0:
        return []
    found: list[_Value] = []
    match node:
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            is_whole = not any(isinstance(it, ast.Starred) for it in elts)
            found = [(it, place) for it in elts] if is_whole else []
        case ast.Call(func=ast.Name(id=name), args=[inner]) if name in _SAME:
            found = _elements(texts, (inner, place), above, depth - 1)
        case ast.Call(func=ast.Name(id="zip"), args=args):
            found = _zipped([_elements(texts, (it, place), above, depth - 1) for it in args])
        case ast.Call(func=ast.Attribute(value=inner, attr="items" | "keys" | "values" as how)):
            pairs = _pairs(texts, (inner, place), above, depth - 1)
            found = [(_of_pair(how, key, value), there) for key, value, there in pairs]
        case _:
            found = [(key, there) for key, _, there in _pairs(texts, held, above, depth)]
            for one in () if found else _meant(texts, held, above, depth):
                found = _elements(texts, one, above, depth - 1)
    return found


def _of_pair(how: str, key: ast.expr, value: ast.expr) -> ast.expr:
    return (
        ast.Tuple([key, value], ast.Load()) if how == "items" else key if how == "keys" else value
    )


def _zipped(parts: Sequence[Sequence[_Value]]) -> list[_Value]:
    if not parts or len({len(it) for it in parts}) != 1:
        return []
    return [
        (ast.Tuple([it for it, _ in one], ast.Load()), one[0][1])
        for one in zip(*parts, strict=True)
    ]


def _pairs(
    texts: "MadeTexts", held: _Value, above: _Round, depth: int
) -> list[tuple[ast.expr, ast.expr, Place]]:
    """Return the keys and values of a dict that is written down; empty: it is none."""
    node, place = held
    if depth < 0:
        return []
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return [(key, value, place) for key, value in pairs if key is not None]
    for one in _meant(texts, held, above, depth):
        return _pairs(texts, one, above, depth - 1)
    return []


def _meant(texts: "MadeTexts", held: _Value, above: _Round, depth: int) -> Iterator[_Value]:
    """Yield what a name or an item of a dict is, where it is one thing alone."""
    node, place = held
    match node:
        case ast.Name(id=name) if name in above:
            yield above[name]
        case ast.Name() | ast.Attribute():
            given = givings(texts.reader, node, place.module, place.at)
            values = [unpacked(it) for it, _ in given if it.how in ("assign", "annotated")]
            if len(given) == len(values) == 1 and isinstance(values[0], ast.expr):
                it, where = given[0]
                yield values[0], replace(place, module=where, at=it.stmt)
        case ast.Subscript(value=inner, slice=key):
            asked = above.get(key.id, (key, place)) if isinstance(key, ast.Name) else (key, place)
            told = texts.made(*asked, depth)
            for one, value, there in _pairs(texts, (inner, place), above, depth - 1):
                if texts.made(one, there, depth) == told:
                    yield value, there
