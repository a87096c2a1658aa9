"""What has happened so far in one migration: names that changed, machines that are off.

Data in, data out; the one thing that changes while a migration is judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pginterlock.elements import TableName
from pginterlock.lint.actions import UNKNOWN, Action, Relation, Verb
from pginterlock.lint.guarded import Guarded
from pginterlock.model import Machine

_EVERY = ""


@dataclass(slots=True)
class Types:
    """Enum types and the columns that have them, as far as the files at hand tell."""

    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    of_column: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, actions: Iterable[Action]) -> None:
        """Take in what *actions* tell of types."""
        for it in actions:
            if it.verb is Verb.CREATE_ENUM and it.table:
                self.labels[it.table.name] = it.columns
            elif it.verb is Verb.CREATE_TABLE and it.table and "temporary" not in it.words:
                for column, told in it.values:
                    self.of_column[it.table.name, column] = _bare(told)
            elif it.verb in (Verb.ADD_COLUMN, Verb.RETYPE_COLUMN) and it.table and it.to:
                self.of_column[it.table.name, it.name] = _bare(it.to)

    def has(self, it: Guarded, name: str) -> bool | None:
        """Whether the state of *it* has the type *name*; None where that is not known."""
        told = self.of_column.get((it.table.name, it.machine.state))
        return None if told is None else told == name


def _bare(told: str | None) -> str:
    return (told or "").split(".")[-1]


@dataclass(slots=True)
class Context:
    """What is known at one point of a migration.

    *made* are tables and columns that the upgrade of the same migration creates, for its downgrade.
    """

    guards: list[Guarded]
    types: Types
    made: frozenset[tuple[str, str]] = frozenset()
    is_downgrade: bool = False
    lifted: set[str] = field(default_factory=set)
    bypassed: set[str] = field(default_factory=set)
    new: set[Relation] = field(default_factory=set)
    renamed: dict[Relation, TableName] = field(default_factory=dict)
    gone: set[TableName] = field(default_factory=set)
    columns: dict[tuple[TableName, str], str] = field(default_factory=dict)
    search_path: tuple[str, ...] | None = None

    def find(self, relation: Relation | None) -> list[Guarded]:
        """Return what is guarded of the table *relation* at this point."""
        if relation is None or self._is_new(relation):
            return []
        table = self.renamed.get(relation)
        return [
            it
            for it in self.guards
            if not self.is_off(it.machine)
            and (it.table == table if table else self._is(relation, it.table))
        ]

    def standing(self) -> list[Guarded]:
        """Return all that is guarded at this point."""
        gone = self.gone.difference(self.renamed.values())
        return [it for it in self.guards if not self.is_off(it.machine) and it.table not in gone]

    def _is(self, relation: Relation, table: TableName) -> bool:
        if table in self.gone:
            return False
        if relation.is_suffix:
            return table.name == relation.name or table.name.endswith(f"_{relation.name}")
        if relation.name != table.name:
            return False
        if relation.schema is not None:
            return relation.schema == table.schema
        return self.search_path is None or table.schema in self.search_path

    def _is_new(self, relation: Relation) -> bool:
        return relation in self.new or (
            relation.schema is None and any(it.name == relation.name for it in self.new)
        )

    def column(self, it: Guarded, name: str) -> str:
        """Return what column *name* was called before this migration."""
        return self.columns.get((it.table, name), name)

    def is_off(self, machine: Machine) -> bool:
        """Whether *machine* was taken off before this point."""
        return machine.name in self.lifted or _EVERY in self.lifted

    def is_bypassed(self, machine: Machine) -> bool:
        """Whether a bypass of *machine* is open at this point."""
        return machine.name in self.bypassed or _EVERY in self.bypassed

    def follow(self, action: Action) -> None:
        """Take in what *action* changes for those after it."""
        table = action.table
        match action.verb:
            case Verb.OPEN_BYPASS:
                self.bypassed.add(action.name)
            case Verb.CLOSE_BYPASS:
                self.bypassed.clear()
            case Verb.DROP_MACHINE:
                self.lifted.add(action.name)
            case Verb.APPLY_MACHINE:
                self.lifted -= {action.name, _EVERY} if action.name else set(self.lifted)
                self.new.clear()
            case Verb.SET if action.name == "search_path":
                known = not any(UNKNOWN in it for it in action.columns)
                self.search_path = tuple(filter(None, action.columns)) if known else None
            case Verb.CREATE_TABLE if table and "if_exists" not in action.words:
                self.new.add(table)
            case Verb.RENAME_TABLE | Verb.MOVE_TABLE | Verb.DROP_TABLE if table:
                self._rename(action, table)
            case Verb.RENAME_COLUMN:
                for it in self.find(table):
                    self.columns[it.table, action.to] = self.column(it, action.name)

    def _rename(self, action: Action, table: Relation) -> None:
        if self._is_new(table):
            self.new = {it for it in self.new if it.name != table.name}
        found = [it.table for it in self.find(table)]
        to = Relation(table.schema, action.to)
        if action.verb is Verb.MOVE_TABLE:
            to = Relation(action.to, table.name)
        for each in found:
            self.gone.add(each)
            if action.verb is not Verb.DROP_TABLE:
                self.renamed[to] = each
        self.renamed.pop(table, None)
