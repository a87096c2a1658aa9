"""Requests that are transactions by the settings of a Django project: ATOMIC_REQUESTS. Pure."""

import re

from pginterlock.scan.definitions import decorators
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import ClassDef, Function
from pginterlock.scan.modules import class_of

_SETTING = re.compile(rb"ATOMIC_REQUESTS[\"']?\]?\s*[:=]\s*(?!\s|False|None|0)")
_VIEWS = ("View", "ViewSet", "Viewset")
_SAVED = ("Serializer", "Form")
_SAVING = frozenset(["save", "create", "update"])


class Requests:
    """Says whether requests are transactions, and which functions answer them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._are: bool | None = None

    @property
    def are_atomic(self) -> bool:
        """Whether the settings make each request a transaction."""
        if self._are is None:
            project = self.reader.project
            holding = project.holding("ATOMIC_REQUESTS")
            self._are = any(_SETTING.search(project.text(it)) for it in holding)
        return self._are

    def answers(self, function: Function) -> str:
        """Return what makes a function one that runs in the transaction of a request."""
        if not self.are_atomic or "non_atomic_requests" in set(decorators(function)):
            return ""
        owner = class_of(function)
        names = [it.arg for it in function.node.args.args[:2]]
        if "request" in names or (owner is not None and self._is(owner, _VIEWS)):
            return "ATOMIC_REQUESTS: each request is one"
        return ""

    def reaches(self, function: Function) -> str:
        """Return what makes a function one that such requests call, by a form or serializer."""
        owner = function.owner
        if not self.are_atomic or owner is None or function.name not in _SAVING:
            return ""
        return "ATOMIC_REQUESTS: requests save it in one" if self._is(owner, _SAVED) else ""

    def _is(self, owner: ClassDef, ends: tuple[str, ...]) -> bool:
        models = self.reader.models
        names = {it.name for it in models.ancestry(owner)} | models.foreign(owner)
        return any(it.endswith(ends) for it in names)
