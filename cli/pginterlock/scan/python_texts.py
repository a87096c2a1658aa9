"""What texts an expression of Python makes, as far as a file tells: joined, formatted, dedented.

What is filled in from elsewhere stands in them between ``OPEN`` and ``CLOSE``. Pure: trees in.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pginterlock.scan.python_literals import Built, Hole, Source, pieces
from pginterlock.scan.sql_holes import CLOSE, OPEN

_MOST_DEPTH = 12
_TOLD = ast.Constant | ast.JoinedStr | ast.Attribute | ast.Name | ast.Call
# Calls that give back the text they get, or one whose words are the same.
_WRAPPERS = frozenset([
    "text", "SQL", "dedent", "cleandoc", "L", "str", "literal_column", "TextClause",
])  # fmt: skip
_METHODS = frozenset([
    "strip", "lstrip", "rstrip", "lower", "upper", "encode", "replace", "bindparams",
])  # fmt: skip
# Calls that give back the name of a table or column that they get, quoted.
_QUOTES = re.compile(r"quote|escape_ident|^qn$", re.IGNORECASE)
_FORMAT = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)[^{}]*\}")
_PERCENT = re.compile(r"%%|%(?:\((?P<name>\w+)\))?[-#0 +]*\d*(?:\.\d+)?[srdifa]")


@dataclass(slots=True)
class Scope:
    """What names stand for: those of the module, of each class, and of the function around."""

    module: dict[str, ast.expr] = field(default_factory=dict)
    classes: dict[str, dict[str, ast.expr]] = field(default_factory=dict)
    class_name: str = ""
    local: dict[str, ast.expr | None] = field(default_factory=dict)


def scope_of(tree: ast.Module) -> Scope:
    """Return what the names of a module and of its classes stand for."""
    scope = Scope({k: v for k, v in assigned_in(tree.body).items() if v is not None})
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            own = assigned_in(node.body)
            scope.classes[node.name] = {k: v for k, v in own.items() if v is not None}
    return scope


def assigned_in(body: list[ast.stmt]) -> dict[str, ast.expr | None]:
    """Return what each name gets in *body*; None for one that gets more than one thing."""
    found: dict[str, ast.expr | None] = {}
    for statement in body:
        for node in _assignments(statement):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    is_one = target.id not in found and not isinstance(node, ast.AugAssign)
                    found[target.id] = node.value if is_one else None
    return found


def _assignments(node: ast.AST) -> Iterator[ast.Assign | ast.AnnAssign | ast.AugAssign]:
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        yield node
    elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr):
        for child in ast.iter_child_nodes(node):
            yield from _assignments(child)


@dataclass(frozen=True, slots=True)
class Texts:
    """From expressions of one file to the texts that they make."""

    source: Source
    scope: Scope

    def of(self, node: ast.expr, depth: int = 0) -> Built | None:
        """Return the text of *node*; None for what is no text, or is not put together here."""
        if depth > _MOST_DEPTH:
            return None
        match node:
            case ast.Constant(value=str()) | ast.JoinedStr():
                return self._written(node, depth)
            case ast.BinOp(op=ast.Add()):
                return self._added(node, depth)
            case ast.BinOp(op=ast.Mod()):
                return self._percent(node, depth)
            case ast.Call():
                return self._called(node, depth)
        return None

    def _written(self, node: ast.Constant | ast.JoinedStr, depth: int) -> Built:
        built = Built()
        filled: list[ast.expr] = []
        if isinstance(node, ast.JoinedStr):
            filled = [it.value for it in node.values if isinstance(it, ast.FormattedValue)]
        for it in pieces(self.source, node):
            if isinstance(it, Hole):
                built.add(self._filled(filled.pop(0), depth) if filled else "", it.offset)
            else:
                built.join(it)
        return built

    def _filled(self, node: ast.expr, depth: int) -> str:
        """Return what *node* fills in: its text where that is told, else how it is written."""
        node = self._meant(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            return str(node.value)
        if isinstance(node, ast.Call) and (told := _composed(node)) is not None:
            return told
        if isinstance(node, ast.Call) and _QUOTES.search(_called_name(node)):
            given = [*node.args, *(it.value for it in node.keywords)]
            quoted = [self._filled(it, depth + 1) for it in given]
            if len(quoted) == 1 and OPEN not in quoted[0]:
                return quoted[0]
        built = self.of(node, depth + 1)
        return built.text if built else f"{OPEN}{{{ast.unparse(node)}}}{CLOSE}"

    def _meant(self, node: ast.expr) -> ast.expr:
        """Return what a name stands for, as far as one assignment tells."""
        for _ in range(_MOST_DEPTH):
            told = self._named(node)
            if told is None:
                break
            node = told
        return node

    def _named(self, node: ast.expr) -> ast.expr | None:
        match node:
            case ast.Name(id=name) if name in self.scope.local:
                told = self.scope.local[name]
                is_told = isinstance(told, _TOLD)
                return told if is_told else None
            case ast.Name(id=name):
                return self.scope.module.get(name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name):
                owner = self.scope.class_name if owner in ("self", "cls") else owner
                return self.scope.classes.get(owner, {}).get(name)
        return None

    def _added(self, node: ast.BinOp, depth: int) -> Built | None:
        sides = operands(node)
        texts = [self.of(side, depth + 1) for side in sides]
        if not any(texts):
            return None
        built = Built()
        for side, it in zip(sides, texts, strict=True):
            if it is None:
                place = self.source.offset(side.lineno, side.col_offset)
                built.add(self._filled(side, depth), place)
            else:
                built.join(it)
        return built

    def _percent(self, node: ast.BinOp, depth: int) -> Built | None:
        left = self.of(node.left, depth + 1)
        if left is None:
            return None
        args = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        named: dict[str, ast.expr] = {}
        if isinstance(node.right, ast.Dict):
            keys = node.right.keys
            named = {
                it.value: value
                for it, value in zip(keys, node.right.values, strict=True)
                if isinstance(it, ast.Constant) and isinstance(it.value, str)
            }
        elif isinstance(node.right, ast.Name | ast.Attribute):
            names = {it["name"] for it in _PERCENT.finditer(left.text) if it["name"]}
            named = {it: _looked_up(node.right, it) for it in names}
        built, last = Built(), 0
        for match in _PERCENT.finditer(left.text):
            built.join(left.part(last, match.start()))
            last = match.end()
            arg = named.get(match["name"] or "")
            if arg is None and not match["name"] and match[0] != "%%":
                arg = args.pop(0) if args else None
            told = "%" if match[0] == "%%" else match[0]
            built.add(
                told if arg is None else self._filled(arg, depth), left.offsets[match.start()]
            )
        built.join(left.part(last, len(left.text)))
        return built

    def _called(self, node: ast.Call, depth: int) -> Built | None:
        found = None
        match node:
            case ast.Call(func=ast.Attribute(value=receiver, attr="format" | "format_map")):
                found = self._formatted(node, receiver, depth)
            case ast.Call(func=ast.Attribute(value=receiver, attr="join"), args=[listed]):
                found = self._joined(self.of(receiver, depth + 1), listed, depth)
            case ast.Call(
                func=ast.Attribute(value=receiver, attr="replace"),
                args=[ast.Constant(value=str(old)), new, *_],
            ) if old:
                found = self._replaced(receiver, old, new, depth)
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[first, *_]):
                if name == "Composed":
                    found = self._joined(Built(), first, depth)
                elif name in _WRAPPERS:
                    found = self.of(first, depth + 1)
        if found is None and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            found = self.of(node.func.value, depth + 1)
        return found

    def _formatted(self, node: ast.Call, receiver: ast.expr, depth: int) -> Built | None:
        text = self.of(receiver, depth + 1)
        if text is None:
            return None
        named = {it.arg: it.value for it in node.keywords if it.arg}
        held = [it.value for it in node.keywords if not it.arg]
        if _called_name(node) == "format_map":
            held = node.args
        built, last, count = Built(), 0, 0
        for match in _FORMAT.finditer(text.text):
            built.join(text.part(last, match.start()))
            last, place = match.end(), text.offsets[match.start()]
            if match[0] in ("{{", "}}"):
                built.add(match[0][0], place)
                continue
            name = match["name"].strip()
            if name.isdigit() or not name:
                at = int(name) if name else count
                count += not name
                arg = node.args[at] if at < len(node.args) else None
            else:
                arg = named.get(name) or (_looked_up(held[0], name) if len(held) == 1 else None)
            told = f"{OPEN}{{{name}}}{CLOSE}" if arg is None else self._filled(arg, depth)
            built.add(told, place)
        built.join(text.part(last, len(text.text)))
        return built

    def _replaced(self, receiver: ast.expr, old: str, new: ast.expr, depth: int) -> Built | None:
        text = self.of(receiver, depth + 1)
        if text is None:
            return None
        built, last = Built(), 0
        for match in re.finditer(re.escape(old), text.text):
            built.join(text.part(last, match.start()))
            built.add(self._filled(new, depth), text.offsets[match.start()])
            last = match.end()
        built.join(text.part(last, len(text.text)))
        return built

    def _joined(self, between: Built | None, listed: ast.expr, depth: int) -> Built | None:
        if between is None or not isinstance(listed, ast.List | ast.Tuple):
            return None
        built = Built()
        for n, it in enumerate(listed.elts):
            place = self.source.offset(it.lineno, it.col_offset)
            if n:
                built.add(between.text, place)
            part = self.of(it, depth + 1)
            if part is None:
                built.add(self._filled(it, depth), place)
            else:
                built.join(part)
        return built


def _looked_up(held: ast.expr, name: str) -> ast.expr:
    """Return what a dict has under a name: where it is written down, that, else the look-up."""
    if isinstance(held, ast.Dict):
        for key, value in zip(held.keys, held.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == name:
                return value
    look_up = ast.Subscript(held, ast.Constant(name), ast.Load())
    return ast.fix_missing_locations(ast.copy_location(look_up, held))


def operands(node: ast.expr) -> list[ast.expr]:
    """Return what a chain of ``+`` adds, from left to right."""
    found = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _called_name(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _composed(node: ast.Call) -> str | None:
    """Return what a part of a text of psycopg's ``sql`` is, where it is written down."""
    name = _called_name(node)
    told = [it.value for it in node.args if isinstance(it, ast.Constant)]
    words = [it for it in told if isinstance(it, str)]
    if len(words) != len(node.args):
        return None
    if name == "Identifier" and words:
        return ".".join(f'"{it}"' for it in words)
    if name == "Literal" and words:
        return "'" + words[0].replace("'", "''") + "'"
    if name == "Placeholder":
        return f"%({words[0]})s" if words else "%s"
    return None
