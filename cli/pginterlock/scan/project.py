"""The files of a project as modules and classes, read when they are asked for.

Pure: the texts are given. What a module imports is found by its dotted name, from the folder that
holds no ``__init__.py``, or else by the longest end of a path that fits.
"""

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pginterlock.scan.asked import EVERY, Asked
from pginterlock.scan.bindings import own_expressions, walk
from pginterlock.scan.call_places import Inner, inner, places
from pginterlock.scan.facts import Facts
from pginterlock.scan.kinds import ClassDef
from pginterlock.scan.module_texts import names_handed_in
from pginterlock.scan.modules import Module, read, statements_at

if TYPE_CHECKING:
    from pginterlock.scan.pieces import Piece

_INIT = "__init__.py"
_WRAPPING = frozenset(["sync_to_async", "database_sync_to_async", "async_to_sync"])
_KEPT = 5_000_000  # characters of which trees are kept where others are let go
_DEFINED = re.compile(r"def (\w+)\(")
_SOME = 16  # names: for more of them it is worth it to read once what all files hand over


class Project:
    """All files of a scan: *texts* by path."""

    def __init__(
        self,
        texts: Mapping[str, bytes],
        facts: Callable[[str], Facts],
        decode: "dict[str, str] | None" = None,
    ) -> None:
        self.texts = texts
        self._facts = facts
        self.asked = Asked()
        self.words: dict[str, list[str]] = {}  # the files that hold what was asked for
        self.decoded = decode or {}
        self.base = ""  # the folder, with a slash, from which paths that are relative count
        self.broken: dict[str, tuple[int, str]] = {}
        self._modules: dict[str, Module] = {}
        self._pieces: dict[str, list[Piece]] = {}
        self._reads: dict[str, int] = {}  # how often each file was made a module
        self._lately: set[str] = set()  # the files that were asked for since modules were forgotten
        self._names: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        self._ends: dict[str, list[str]] = {}
        self._classes: dict[str, list[str]] | None = None
        self._lower: dict[str, list[str]] = {}
        self._heirs: dict[str, list[tuple[str, str]]] = {}
        self._called: dict[str, list[str]] | None = None
        self._handed: set[str] | None = None
        self._handings = 0
        self._back: dict[str, list[str]] | None = None
        self._calls: dict[str, list[tuple[Module, ast.Call, ast.stmt]]] = {}
        self._places: dict[tuple[str, str], list[tuple[int, int, Inner]]] = {}
        self._found: dict[tuple[str, str], dict[int, list[tuple[ast.Call, ast.stmt]]]] = {}
        self._place()

    def _place(self) -> None:
        folders = {it.removesuffix("/" + _INIT) for it in self.texts if it.endswith("/" + _INIT)}
        for path in self.texts:
            folder, _, file = path.rpartition("/")
            parts = [] if file == _INIT else [file.removesuffix(".py")]
            while folder in folders:
                folder, _, last = folder.rpartition("/")
                parts.insert(0, last)
            name = ".".join(parts)
            self._names[path] = name
            self._by_name.setdefault(name, path)
            if parts:
                self._ends.setdefault(parts[-1], []).append(path)

    def module(self, path: str) -> Module | None:
        """Return the module of a file; None where it does not parse."""
        self.asked.files.add(path)
        self._lately.add(path)
        if found := self._modules.get(path):
            return found
        if path in self.broken:
            return None
        try:
            text = (
                self.texts[path].decode("utf-8-sig")
                if path not in self.decoded
                else self.decoded[path]
            )
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            self.broken[path] = (line, f"not {error.encoding.upper()} text")
            return None
        fails = partial(self._fails, path)
        is_package = path.endswith(_INIT)
        known = self._pieces.get(path)
        found = read(
            path, self._names[path], text, is_package=is_package, fails=fails, pieces=known
        )
        if path in self.broken:
            return None
        self._pieces[path] = [it.piece for it in found.parts]
        self._modules[path] = found
        self._reads[path] = self._reads.get(path, 0) + 1
        return found

    def _fails(self, path: str, error: Exception) -> None:
        """Note why a file cannot be parsed; nobody gets it any more, nor calls in it."""
        self._modules.pop(path, None)
        self._calls.clear()
        self._found.clear()
        if isinstance(error, SyntaxError):
            self.broken[path] = (error.lineno or 1, error.msg or "syntax error")
        else:
            self.broken[path] = (1, f"cannot be parsed: {error or type(error).__name__}")

    @property
    def parsed(self) -> int:
        """How many characters of all modules are parsed, and still held."""
        return sum(it.parsed for it in self._modules.values())

    def begin(self, asked: Asked, broken: dict[str, tuple[int, str]]) -> None:
        """Begin a step: what it asks is noted in *asked*, and what cannot be parsed in *broken*.

        That a file cannot be parsed is forgotten.
        """
        self.asked, self.broken = asked, broken

    def forget(self, but: Collection[Module]) -> None:
        """Forget modules, for the memory: they are read again when they are asked for.

        Some are kept, and so are those that had to be read again before, as many as may be.
        Nothing that was said of others holds any more, for their classes are others then.
        """
        held = {*but, *self._asked_again()}
        for path, it in list(self._modules.items()):
            if it not in held:
                del self._modules[path]
                it.clear()
        self._calls.clear()
        self._found.clear()
        self._lately.clear()

    def _asked_again(self) -> Iterator[Module]:
        """Yield the modules that were read more than once, and asked for again of late."""
        reads = self._reads
        again = [it for it in self._lately if reads.get(it, 0) > 1 and it in self._modules]
        left = _KEPT
        for path in sorted(again, key=lambda it: (-reads[it], it)):
            module = self._modules[path]
            if module.parsed <= left:
                left -= module.parsed
                yield module

    def has(self, path: str) -> bool:
        """Say whether there is a file of Python at *path*."""
        self.asked.modules.add(PurePosixPath(path).stem)
        return path in self.texts

    def named(self, name: str, near: str) -> Module | None:
        """Return the module of a dotted *name*, as a module at path *near* would import it."""
        tail, parts = name.rpartition(".")[2], name.split(".")
        self.asked.modules.add(tail)
        if path := self._by_name.get(name):
            return self.module(path)
        if len(parts) < 2:  # noqa: PLR2004 - a single name fits too much
            beside = str(PurePosixPath(near).parent / f"{name}.py")
            return self.module(beside) if beside in self.texts else None
        ends = ("/".join(parts) + ".py", "/".join(parts) + "/" + _INIT)
        fits = [
            it
            for it in self._ends.get(tail, ())
            if ("/" + self.whole(it)).endswith(tuple("/" + e for e in ends))
        ]
        if not fits:
            return None
        return self.module(max(fits, key=lambda it: _shared(it, near)))

    def whole(self, path: str) -> str:
        """Return a path with the folders above those that are scanned: imports name them too."""
        return path if path.startswith("/") else self.base + path

    def classes_named(self, name: str) -> Sequence[ClassDef]:
        """Return the classes of that name, wherever they are."""
        self.asked.classes.add(name)
        return [
            it
            for path in self._defined.get(name, ())
            if (module := self.module(path))
            for it in module.classes_named(name)
        ]

    def files_of_class(self, name: str) -> int:
        """Return how many files define a class of that name, none of them parsed."""
        self.asked.classes.add(name)
        return len(self._defined.get(name, ()))

    @property
    def _defined(self) -> Mapping[str, Sequence[str]]:
        """The files that define each class."""
        if self._classes is None:
            self._classes = {}
            for path in self.texts:
                for name, bases in self._facts(path).classes:
                    self._classes.setdefault(name, []).append(path)
                    for base in bases:
                        self._heirs.setdefault(base, []).append((path, name))
        return self._classes

    def class_names(self) -> Sequence[str]:
        """Return the names of all classes, in the order of the files."""
        self.asked.classes.add(EVERY)
        return list(self._defined)

    def heirs(self, name: str) -> Sequence[tuple[str, str]]:
        """Return the files and names of classes that name *name* among their bases."""
        self.asked.heirs.add(name)
        return self._heirs.get(name, ()) if self._defined else ()

    def leading_back(self, name: str) -> Sequence[str]:
        """Return the files in which a relation is named *name* from its other side."""
        self.asked.relations.add(name)
        if self._back is None:
            self._back = {}
            for path in self.texts:
                for found in self._facts(path).leading_back:
                    self._back.setdefault(found, []).append(path)
        return self._back.get(name, ())

    def class_names_like(self, lower: str) -> Sequence[str]:
        """Return the names of classes that are *lower* but for their case."""
        self.asked.lowers.add(lower)
        if not self._lower:
            for name in self._defined:
                self._lower.setdefault(name.lower(), []).append(name)
        return self._lower.get(lower, ())

    def holding(self, word: str) -> Sequence[str]:
        """Return the files whose text holds *word*."""
        self.asked.words.add(word)
        if word not in self.words:
            raw, texts = word.encode(), self.texts
            self.words[word] = [it for it in self._may_hold(word) if raw in texts[it]]
        return self.words[word]

    def _may_hold(self, word: str) -> Iterable[str]:
        """Return the files whose text may hold *word*, in their order: all, or fewer."""
        if (defined := _DEFINED.fullmatch(word)) and word.isascii():
            return self._naming_calls(defined[1])
        known = (them for it, them in self.words.items() if it in word)
        return min(known, key=len, default=self.texts)

    def handing(self, name: str) -> Sequence[str]:
        """Return the files whose text holds *name*; none where none of them hands it over."""
        self._handings += 1
        if self._handings <= _SOME or not name.isascii():
            return self.holding(name)
        if self._handed is None:
            self._handed = set()
            for raw in self.texts.values():
                self._handed |= names_handed_in(raw)
        if name in self._handed:
            return self.holding(name)
        self.asked.unhanded.add(name)
        return ()

    def text(self, path: str) -> bytes:
        """Return the text of a file, for more than its facts."""
        self.asked.files.add(path)
        return self.texts[path]

    def files_calling(self, name: str) -> Sequence[str]:
        """Return the files in which something of that name is called, none of them parsed."""
        return self._calling(name)

    def _calling(self, name: str) -> Sequence[str]:
        """Return the files in which something of that name is called."""
        self.asked.called.add(name)
        return self._naming_calls(name)

    def _naming_calls(self, name: str) -> Sequence[str]:
        """Return the files in which a parenthesis follows that name: it is called or defined."""
        if self._called is None:
            self._called = {}
            for path in self.texts:
                for found in self._facts(path).called:
                    self._called.setdefault(found, []).append(path)
        return self._called.get(name, ())

    def calls(self, name: str, limit: int = 60) -> Sequence[tuple[Module, ast.Call, ast.stmt]]:
        """Return the calls of *name*; none where more than *limit* files have some."""
        key, paths = f"{name} {limit}", self._calling(name)
        paths = paths if len(paths) <= limit else ()
        self.asked.files.update(paths)
        if key not in self._calls:
            found: list[tuple[Module, ast.Call, ast.stmt]] = []
            for path in paths:
                if module := self.module(path):
                    found += ((module, call, stmt) for call, stmt in calls_in(module, name))
            if not self.broken.keys().isdisjoint(paths):
                return found  # to be told of by each step
            self._calls[key] = found
        return self._calls[key]

    def calls_at(
        self, name: str, limit: int, is_wanted: Callable[[bytes, int, Inner], bool]
    ) -> Iterator[tuple[Module, ast.Call, ast.stmt]]:
        """Yield the calls of *name* that *is_wanted* by a text, its parenthesis and what it holds.

        None where more than *limit* files have some; no more is parsed than has to be.
        """
        paths = self._calling(name)
        for path in paths if len(paths) <= limit else ():
            raw, key = self.text(path), (path, name)
            if key not in self._places:
                them = places(raw, name.encode())
                self._places[key] = [(line, at, inner(raw, at)) for line, at in them]
            lines = [line for line, at, held in self._places[key] if is_wanted(raw, at, held)]
            if lines and (module := self.module(path)):
                found = self._found.setdefault(key, {})
                yield from ((module, *it) for it in _calls_on(module, name, lines, found))


def calls_in(module: Module, name: str) -> Iterator[tuple[ast.Call, ast.stmt]]:
    """Yield the calls of *name* in a module, each with its statement."""
    lines = [line for line, _ in places(module.text.encode(errors="replace"), name.encode())]
    return _calls_on(module, name, lines, {})


_Found = dict[int, list[tuple[ast.Call, ast.stmt]]]


def _calls_on(
    module: Module, name: str, lines: Sequence[int], found: _Found
) -> Iterator[tuple[ast.Call, ast.stmt]]:
    """Yield the calls of *name* in the statements on some lines; those *found* are known."""
    if new := [it for it in lines if it not in found]:
        module.parse_at(new)
        for line in new:
            found[line] = [
                (it, stmt)
                for stmt in statements_at(module, line)
                for it in calls_of(module, stmt)
                if called_name(it) == name
            ]
    return iter(dict.fromkeys(it for line in lines for it in found[line]))


def calls_of(module: Module, stmt: ast.stmt) -> Sequence[ast.Call]:
    """Return the calls in the expressions of a statement itself."""
    if stmt not in module.called:
        parts = (it for part in own_expressions(stmt) for it in walk(part))
        module.called[stmt] = [it for it in parts if isinstance(it, ast.Call)]
    return module.called[stmt]


def called_name(call: ast.Call) -> str:
    """Return the last name of what is called; empty where it has none."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def wrapped(call: ast.Call) -> ast.expr | None:
    """Return the function that *call* runs in another way, or with more arguments later."""
    match call:
        case ast.Call(func=ast.Call(args=[inner, *_]) as outer) if called_name(outer) in _WRAPPING:
            return inner
        case ast.Call(args=[inner, *_]) if called_name(call) == "partial":
            return inner
    return None


def is_super(node: ast.AST) -> bool:
    """Say whether an expression is ``super()``."""
    return isinstance(node, ast.Call) and called_name(node) == "super"


def _shared(one: str, other: str) -> int:
    """Return how many parts two paths begin with in common."""
    count = 0
    for a, b in zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False):
        if a != b:
            break
        count += 1
    return count
