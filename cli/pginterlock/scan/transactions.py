"""Whether a transaction protects a statement: its own, one of those who call, or none. Pure."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from pginterlock.scan import run_texts, sessions, upgrades
from pginterlock.scan.bindings import walk
from pginterlock.scan.calling import Calling
from pginterlock.scan.definitions import last_name
from pginterlock.scan.drafts import Draft
from pginterlock.scan.form_saves import savers, savers_around
from pginterlock.scan.hops import Hop, opened_by, run_in_one
from pginterlock.scan.infer import Reader
from pginterlock.scan.kinds import Function
from pginterlock.scan.model_bodies import holder_of
from pginterlock.scan.modules import Module, ancestors, arguments, function_of
from pginterlock.scan.opening import Opening
from pginterlock.scan.optional_connections import left_out
from pginterlock.scan.receivers import Receivers
from pginterlock.scan.requests import Requests
from pginterlock.scan.saving import saved_in
from pginterlock.scan.site import Callers, Site, Transaction
from pginterlock.scan.units import begins, commits

# Methods that override those of a framework: who calls them is not to be told by their name.
_OF_MODELS = frozenset(["save", "delete", "__init__"])
_FRAMEWORK = _OF_MODELS | {"create", "get_or_create", "update_or_create", "update"}
# And methods that the admin of Django calls in a transaction of its own.
_SAVED_BY_ADMIN = frozenset(["save_model", "save_form", "save_formset", "save_related"])
_BY_ADMIN = "Django's admin opens one around it"
_DATABASES = frozenset(["db", "transactional_db"])  # fixtures of pytest

Verdict = tuple[Transaction, Callers, str]


class Transactions:
    """Says of statements whether a transaction protects them; remembers what it said."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.forget()

    def forget(self) -> None:
        """Forget what was said: it is found again when it is asked for."""
        self.opening = Opening(self.reader)
        self.requests = Requests(self.reader)
        self.receivers = Receivers(self.reader)
        self.calling = Calling(self.reader, self.opening, self._is_reached_in_one)
        self.beginning = Calling(
            self.reader, self.opening, self._is_reached_in_one, counts_commits=False
        )

    def of_call(self, call: Hop, inside: Sequence[Hop]) -> Verdict:
        """Return what protects a write that a call makes, by the functions it comes through."""
        hops, calling = [call, *reversed(inside)], self.calling
        if not (told := opened_by(hops[1:], self.opening, calling.handing)):
            if run_in_one(call, calling.handing):
                return Transaction.YES, Callers.UNKNOWN, "it is handed to what runs it in one"
            return self.verdict(call.module, call.stmt, is_session=False)
        return Transaction.YES, Callers.UNKNOWN, f"what is called opens one: {told}"

    def of_draft(self, it: Draft, *, is_session: bool) -> Verdict:
        """Return what protects a write: where it stands, or where what is called writes it."""
        try:
            return self._of_draft(it, is_session=is_session)
        except RecursionError:
            self.forget()  # what was said on the way may lack something
            return Transaction.UNKNOWN, Callers.UNKNOWN, "who calls it leads too far to be told"

    def _of_draft(self, it: Draft, *, is_session: bool) -> Verdict:
        found = self.verdict(it.module, it.stmt, is_session=is_session, row=it.row)
        if it.construct == "fsm_transition" and found[0] is Transaction.NO:
            return self._of_transition(it) or found
        if found[0] is not Transaction.YES and it.inside is not None:
            inner = self.verdict(*it.inside, is_session=is_session)
            if inner[0] is Transaction.YES:
                return Transaction.YES, Callers.UNKNOWN, f"what is called opens one: {inner[2]}"
        if found[0] is Transaction.NO and it.construct.startswith("core_"):
            return self._where_run(it.module, it.stmt) or found
        return found

    def verdict(self, module: Module, stmt: ast.AST, *, is_session: bool, row: str = "") -> Verdict:
        """Return what protects *stmt*; *is_session*: SQLAlchemy writes it with a unit of work.

        An attribute of *row* is written when that is saved: where *stmt* stands counts for less.
        """
        told = self.opening.around(module, stmt) or saved_in(self.opening, module, stmt, row)
        if told:
            return Transaction.YES, Callers.UNKNOWN, told
        function = function_of(module, stmt)
        if function is None:
            found = _at_import(module, stmt, is_session=is_session)
        else:
            found = self._in_function(function, module, stmt, is_session=is_session)
        if found[0] is Transaction.NO and (is_test(module) or _is_run_by_pytest(function)):
            return Transaction.UNKNOWN, Callers.UNKNOWN, "a test: its runner may open one"
        return found

    def of_text(self, module: Module, stmt: ast.stmt) -> Verdict:
        """Return what protects SQL in *stmt*; where that only names the text, it runs elsewhere."""
        found = self.verdict(module, stmt, is_session=False)
        if found[0] is Transaction.YES:
            return found
        return self._where_run(module, stmt) or found

    def _where_run(self, module: Module, stmt: ast.stmt) -> Verdict | None:
        """Return what protects the statements that run what *stmt* names; None where none does."""
        places = dict.fromkeys(run_texts.places(self.reader, module, stmt))
        said = [self.verdict(*it, is_session=False) for it in places]
        if function_of(module, stmt) is None:
            return _of_places(said)
        weak = (it for it in said if it[0] is not Transaction.YES)
        return next(weak, *said[:1]) if said else None

    def by_framework(self, it: Draft) -> Verdict:
        """Return what protects the field of a form, serializer or view that is saved by itself."""
        if not self.requests.are_atomic:
            holder = holder_of(it.module, it.stmt)
            found = savers(self.reader, self.opening, holder) if holder else ()
            if any(is_open for _, is_open in found):
                return _of_callers(found)
            return Transaction.NO, Callers.UNKNOWN, "the framework saves it, without one"
        told = "ATOMIC_REQUESTS: the framework saves it in that of a request"
        is_view = it.construct in ("view_field", "admin_list_editable")
        return Transaction.YES if is_view else Transaction.CALLER, Callers.UNKNOWN, told

    def _in_function(
        self, function: Function, module: Module, stmt: ast.AST, *, is_session: bool
    ) -> Verdict:
        """Return what protects a statement of a function, around which stands nothing."""
        if told := self.requests.answers(function) or upgrades.runs(self.reader, function):
            return Transaction.YES, Callers.UNKNOWN, told
        if is_migration(module) and not is_test(module):
            return _of_migration(module, stmt)
        if begins(function, getattr(stmt, "lineno", 0)):
            return Transaction.YES, Callers.UNKNOWN, "the function begins one before it"
        if is_session or sessions.in_one(self.reader, function, stmt):
            return self._of_session(function)
        if commits(function):
            return Transaction.YES, Callers.UNKNOWN, "the function commits what it did"
        return self._by_callers(function, self.calling, left_out(function, stmt))

    def _of_session(self, function: Function) -> Verdict:
        """Return what protects a write of a session: its own, unless all callers open one."""
        if sessions.is_handed_one(self.reader, function):
            return Transaction.SESSION, Callers.UNKNOWN, "the session's, which a decorator hands it"
        found = self._by_callers(function, self.beginning)
        if found[0] is Transaction.CALLER and found[1] is Callers.ALL:
            return found
        return Transaction.SESSION, Callers.UNKNOWN, "the session's, which ends elsewhere"

    def _by_callers(
        self, function: Function, calling: Calling, through: ast.arg | None = None
    ) -> Verdict:
        is_saved = self._is_saved_by_admin(function)
        if told := self.requests.reaches(function) or (is_saved and _BY_ADMIN) or "":
            return Transaction.CALLER, Callers.ALL if is_saved else Callers.UNKNOWN, told
        if known := self._by_framework(function):
            return known
        found = calling.callers(function, through)
        opening = [it for it in found if it[1]]
        if not opening:
            if told := self._signalled(function, calling):
                return Transaction.UNKNOWN, Callers.UNKNOWN, told
            told = "no caller opens one" if found else "none here, and no call of it was found"
            return Transaction.NO, Callers.NO if found else Callers.UNKNOWN, told
        return _of_callers(found)

    def _by_framework(self, function: Function) -> Verdict | None:
        """Return what protects a method that a framework calls too; None for another one."""
        saving = savers_around(self.reader, self.opening, function)
        if any(is_open for _, is_open in saving):
            return _of_callers(saving)
        if not self._is_of_framework(function):
            return None
        told = f"none here; {function.name} is called from anywhere"
        return Transaction.NO, Callers.UNKNOWN, told

    def _of_transition(self, it: Draft) -> Verdict | None:
        """Return what protects a transition that receivers of signals alone call."""
        method = function_of(it.module, it.stmt)
        if method is None or not self.calling.all_called_by(method, self.receivers.has):
            return None
        told = "functions call it that a signal calls, in a transaction of its sender or in none"
        return Transaction.UNKNOWN, Callers.UNKNOWN, told

    def _signalled(self, function: Function, calling: Calling) -> str:
        """Return which signal leads to a function; nothing where none is seen to."""
        if self.receivers.has(function):
            return "a signal calls it, in a transaction of its sender or in none"
        if who := calling.reached_from(function, self.receivers.has):
            return f"a signal calls {who}, which calls it on its row, in a transaction or in none"
        return ""

    def _is_of_framework(self, function: Function) -> bool:
        """Say whether a method may override one of a class from elsewhere."""
        owner, models, name = function.owner, self.reader.models, function.name
        if owner is None or name not in _FRAMEWORK:
            return False
        if models.is_model(owner):
            return name in _OF_MODELS
        return name == "__init__" or bool(models.foreign(owner))

    def _is_saved_by_admin(self, function: Function) -> bool:
        """Say whether the admin of Django calls a method as it saves what somebody edits."""
        owner = function.owner
        if owner is None or function.name not in _SAVED_BY_ADMIN:
            return False
        above = self.reader.models.foreign(owner) | {it.name for it in self.reader.ancestry(owner)}
        return any(it.endswith("ModelAdmin") for it in above)

    def _is_reached_in_one(self, function: Function) -> bool:
        is_answering = bool(self.requests.answers(function))
        return (
            is_answering
            or is_migration(function.module)
            or bool(upgrades.runs(self.reader, function))
        )


def _of_callers(found: Sequence[tuple[str, bool]]) -> Verdict:
    """Return what those who call protect, of whom one opens a transaction at least."""
    opening = [it for it in found if it[1]]
    name = opening[0][0]
    if len(opening) == len(found):
        return Transaction.CALLER, Callers.ALL, f"all who call open one, as {name} does"
    told = f"{len(opening)} of {len(found)} who call open one, as {name} does"
    return Transaction.CALLER, Callers.SOME, told


def _of_places(said: Sequence[Verdict]) -> Verdict | None:
    """Return what protects a text that several functions may run; None where nothing is known."""
    known = [it for it in said if it[0] is not Transaction.UNKNOWN]
    if len({it[0] for it in known}) <= 1:
        return next(iter(known), None)
    opening = [it for it in known if it[0] is not Transaction.NO]
    told = f"{len(opening)} of {len(known)} places that run it open one: {opening[0][2]}"
    return Transaction.CALLER, Callers.SOME, told


def of_sql(site: Site) -> Site:
    """Return a site of a file of SQL: whoever applies a migration may open a transaction."""
    if site.transaction is not Transaction.NO or not is_migration_file(site.file):
        return site
    told = "whoever applies the migration may open one"
    return replace(site, transaction=Transaction.UNKNOWN, transaction_reason=told)


def _at_import(module: Module, stmt: ast.AST, *, is_session: bool) -> Verdict:
    """Return what protects a statement of no function: in a migration a text, run in that."""
    if is_migration(module) and not is_test(module):
        return _of_migration(module, stmt)
    if is_session and is_test(module):
        return Transaction.SESSION, Callers.UNKNOWN, "the session's, which ends elsewhere"
    return Transaction.UNKNOWN, Callers.UNKNOWN, "it runs when the module is imported"


def _of_migration(module: Module, stmt: ast.AST) -> Verdict:
    """Return what protects a statement of a migration."""
    holders = [*ancestors(module, stmt)]
    if isinstance(stmt, ast.Assign):  # a text, which is run further down
        function = function_of(module, stmt)
        holders += walk(function.node) if function else ()
    if any(
        last_name(it.context_expr) == "autocommit_block"
        for holder in holders
        if isinstance(holder, ast.With)
        for it in holder.items
    ):
        return Transaction.NO, Callers.UNKNOWN, "it runs in an autocommit block"
    if "atomic = False" in module.text or "atomic=False" in module.text:
        return Transaction.NO, Callers.UNKNOWN, "the migration is not atomic"
    if "alembic" in module.text:
        return Transaction.CALLER, Callers.ALL, "Alembic runs a revision in one"
    return Transaction.YES, Callers.UNKNOWN, "Django runs a migration in one"


def _is_run_by_pytest(function: Function | None) -> bool:
    """Say whether a function is a fixture of pytest, or a test that it gives a database."""
    if function is None or isinstance(function.node, ast.Lambda):
        return False
    told = [ast.unparse(it) for it in function.node.decorator_list]
    if any("fixture" in it or "django_db" in it for it in told):
        return True
    taken = {it.arg for it in arguments(function.node)}
    is_marked = bool(taken & _DATABASES) or "django_db" in function.module.text
    return function.name.startswith("test_") and is_marked


def is_migration(module: Module) -> bool:
    """Say whether a module is a migration of Django or Alembic."""
    return is_migration_file(module.path)


def is_migration_file(path: str) -> bool:
    """Say whether a file is a migration, by its folders."""
    return any(it in ("migrations", "versions") for it in path.split("/")[:-1])


def is_test(module: Module) -> bool:
    """Say whether a module is of tests."""
    parts = module.path.split("/")
    name = parts[-1]
    return (
        any(it in ("test", "tests", "testing", "factories", "fixtures") for it in parts[:-1])
        or (name.startswith("test_") and "def test" in module.text)
        or name in ("conftest.py", "tests.py", "factories.py")
    )
