"""The rules of lint: what each is about in a line, and what to do instead.

Pure: data only.
"""

from dataclasses import dataclass
from types import MappingProxyType

from pginterlock.findings import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule finds, the remedy that it proposes, and how bad it is as a rule."""

    summary: str
    remedy: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Told:
    """One finding as a judge tells it; where it stands is known above."""

    code: str
    message: str
    machine: str = ""
    subject: str = ""
    severity: Severity = Severity.ERROR


_REAPPLY = "change the spec in the same release, and run interlock plan and apply after it"
_LIFT = "Take the machine off before (op.interlock_drop, interlock uninstall) if this is meant"
_MOVE = (
    "Let interlock.fire move the rows, or open a bypass that says why: select"
    " interlock.open_bypass('{machine}', 'REASON', interval '1 hour')"
)
_LEAVE = "Leave it to interlock apply, which makes and replaces it"
_RULES = {
    "lint-drop-table": Rule("A guarded table is dropped.", _LIFT),
    "lint-rename-table": Rule(
        "A guarded table gets another name or schema.", f"Keep the name, or {_REAPPLY}"
    ),
    "lint-drop-schema": Rule("A schema with a guarded table is dropped.", _LIFT),
    "lint-rename-schema": Rule(
        "A schema with a guarded table gets another name or owner.", f"Keep it, or {_REAPPLY}"
    ),
    "lint-drop-column": Rule(
        "A column that a machine depends on is dropped.",
        "Take the column out of the spec and apply that first; drop it in a later migration",
    ),
    "lint-rename-column": Rule(
        "A column that a machine depends on gets another name.", f"Keep the name, or {_REAPPLY}"
    ),
    "lint-retype-column": Rule(
        "A column that a machine depends on gets another type.",
        "Take the machine off before and apply it after, or add a new column and change the spec",
    ),
    "lint-default": Rule(
        "The default of the state is no initial state.",
        "Let the default be an initial state of the machine",
    ),
    "lint-not-null": Rule(
        "NOT NULL on a column that must be null in some state.",
        "Leave it nullable: the machine asks for it where it must be there",
    ),
    "lint-drop-constraint": Rule("A constraint of a machine is dropped or renamed.", _LEAVE),
    "lint-not-enforced": Rule(
        "A constraint of a guarded table is no longer enforced.", "Keep it enforced"
    ),
    "lint-drop-index": Rule("The index of a claim is dropped or renamed.", _LEAVE),
    "lint-disable-trigger": Rule(
        "Triggers of a machine are switched off, or no longer fire always.",
        "Open a bypass for what must go around the rules; it is recorded and ends by itself",
    ),
    "lint-drop-trigger": Rule("A trigger of a machine is dropped, renamed or replaced.", _LEAVE),
    "lint-foreign-trigger": Rule(
        "A BEFORE trigger on a guarded table can swallow or change what the machine judges.",
        "Use an AFTER trigger, or make sure that it returns NEW and leaves the machine's columns",
        Severity.WARNING,
    ),
    "lint-rule": Rule(
        "A rewrite rule on a guarded table: writes vanish or become others, silently.",
        "Use a trigger",
    ),
    "lint-partition": Rule(
        "A partition is attached or detached: its rows come or go without being judged.",
        "Run interlock verify after it; before a detach, think of the rows that lose their machine",
    ),
    "lint-inherit": Rule(
        "A child of a guarded table: its rows are seen in the table, and no trigger guards them.",
        "Use a partitioned table, or a table of its own",
    ),
    "lint-unlogged": Rule(
        "A guarded table becomes unlogged: a crash empties it.", "Keep it logged"
    ),
    "lint-rewrite": Rule(
        "All rows of a guarded table are rewritten, while nobody may read or write.",
        "Do it while nobody works, with a lock_timeout; for a new column: add it without a default,"
        " fill it in batches",
        Severity.WARNING,
    ),
    "lint-owner": Rule(
        "A guarded table gets another owner, who may take the machine off.",
        "Keep the owner; roles that write need no ownership",
    ),
    "lint-row-security": Rule(
        "Row security on a guarded table can hide rows from what the machine asks.",
        "Let policies leave the owner of the functions alone, and run interlock verify after it",
        Severity.WARNING,
    ),
    "lint-grant": Rule(
        "A right that gets around a machine is granted.",
        "Grant select, insert, update and delete only",
    ),
    "lint-function": Rule("A function of ours is replaced, changed or dropped.", _LEAVE),
    "lint-schema-interlock": Rule(
        "Schema interlock is changed by hand.", "Leave it to interlock apply and uninstall"
    ),
    "lint-registry": Rule(
        "A table of schema interlock is written or changed by hand.",
        "Change the spec and run interlock apply; histories are written by the machines alone",
    ),
    "lint-role": Rule(
        "The role that owns the machines and their history is changed or granted.",
        "Leave interlock_owner alone, and let nobody be a member who writes rows",
    ),
    "lint-event-trigger": Rule(
        "The event triggers that watch over the machines are changed or switched off.", _LEAVE
    ),
    "lint-extension": Rule(
        "The extension goes that the claims of a machine are built on.", "Keep btree_gist"
    ),
    "lint-replication-role": Rule(
        "session_replication_role switches triggers off.",
        "Open a bypass for what must go around the rules; it is recorded and ends by itself",
    ),
    "lint-catalog": Rule(
        "The catalog is written by hand: triggers, checks and indexes can end unseen.",
        "Use ALTER statements",
    ),
    "lint-enum-value": Rule(
        "A state loses its value in the enum.",
        "Rename a state by renamed_from in the spec; keep every state of the spec in the type",
    ),
    "lint-raw-update": Rule("Rows are moved by hand, or columns written that follow.", _MOVE),
    "lint-raw-insert": Rule("Rows begin in a state that is not initial, or not seen.", _MOVE),
    "lint-raw-delete": Rule("Rows are deleted that may not be.", _MOVE),
    "lint-raw-merge": Rule("MERGE writes or deletes rows of a machine.", _MOVE),
    "lint-raw-copy": Rule(
        "COPY writes the state.",
        "Load the past in a bypass of kind import: interlock bypass open {machine} --import",
        Severity.WARNING,
    ),
    "lint-truncate": Rule(
        "A guarded table is emptied: no machine lets that pass.",
        "Delete what may be deleted, or take the machine off before",
    ),
    "lint-suppression": Rule(
        "A comment that is to accept a finding gives no reason.",
        "Write one: -- interlock: ok REASON",
    ),
}
RULES: MappingProxyType[str, Rule] = MappingProxyType(_RULES)
