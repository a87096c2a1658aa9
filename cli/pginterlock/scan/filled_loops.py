"""What loops add to a list or dict, once for each of what they run over. Pure."""

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.scan.bindings import walk
from pginterlock.scan.made_places import Place
from pginterlock.scan.modules import Module, ancestors

if TYPE_CHECKING:
    from pginterlock.scan.made_lists import Items
    from pginterlock.scan.made_texts import MadeTexts


def loop_over(module: Module, added: ast.AST, stmt: ast.stmt, given: ast.AST) -> ast.For | None:
    """Return the loop whose target stands in *added*, in *stmt*; None where *given* is in it too.

    *given* is the statement that makes the list, anew in each round then.
    """
    words = {it.id for it in walk(added) if isinstance(it, ast.Name)}
    around = set(ancestors(module, given))
    for it in ancestors(module, stmt):
        if it in around:
            return None
        if isinstance(it, ast.For) and target(it) in words:
            return it
    return None


def target(loop: ast.For) -> str:
    """Return the name that a loop gives what it runs over, or its key; nothing without one."""
    match loop.target, loop.iter:
        case ast.Tuple(elts=[_, ast.Name(id=name)]), ast.Call(func=ast.Name(id="enumerate")):
            return name
        case ast.Name(id=name) | ast.Tuple(elts=[ast.Name(id=name), *_]), _:
            return name
    return ""


def over(loop: ast.For) -> ast.expr:
    """Return what a loop runs over."""
    match loop.iter:
        case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
            return inner
    return loop.iter


def each(
    texts: "MadeTexts", added: ast.AST, name: str, within: "Items", place: Place, depth: int
) -> "Items":
    """Return what *added* makes for each of what a loop gives *name*."""
    return [
        texts.made(added, replace(place, names={**place.names, name: it}), depth) for it in within
    ]
