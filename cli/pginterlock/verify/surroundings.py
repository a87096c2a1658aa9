"""What about tables, roles and settings could disarm a machine: the weak roles of a database."""

from collections.abc import Iterator

import psycopg
from psycopg.rows import DictRow

from pginterlock import database
from pginterlock.choices import Mode
from pginterlock.compiler import MachineNames
from pginterlock.elements import TableName
from pginterlock.findings import Finding, Severity
from pginterlock.rules import known_state
from pginterlock.survey import MachineSurvey, Survey
from pginterlock.verify import evidence

_PARAMETER_ACL_SINCE = 15
# Functions for everyone, and one for whoever it was granted to.
_PUBLIC = (
    "interlock.refuse(",
    "interlock.act_as(",
    "interlock.act_as_signed(",
    "interlock.challenge(",
    "interlock.lifted(",
    "interlock.allowed(",
    "interlock.approve(",
    "interlock.approve_by_key(",
    "interlock.callable(",
    "interlock.claim_call(",
    "interlock.fire(",
    "interlock.fire_by_key(",
    "interlock.keep_result(",
    "interlock.read_key(",
    "interlock.read_set(",
    "interlock.refuse_unknown(",
    "interlock.refused_result(",
    "interlock.withdraw(",
)
_GRANTED = "interlock.keep_refusal("


def weaknesses(connection: psycopg.Connection, seen: Survey) -> list[Finding]:
    """Return everything around the machines by which they can be got round."""
    found: list[Finding] = []
    with database.snapshot(connection):
        for it in seen.machines:
            if it.machine.name in dict(seen.registered):
                found += _table(connection, it)
                found += _grants(connection, it)
        if seen.rights.schema_exists:
            found += evidence.weaknesses(connection, seen)
            called = [n for it in seen.machines for n in MachineNames(it.machine.name).called]
            found += _functions(connection, called)
            found += _actor_keys(connection)
        found += _roles(connection, seen)
    return found


def _table(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[Finding]:
    fill_trigger = MachineNames(it.machine.name).triggers[1]
    row = database.ask(
        connection, "surroundings.sql", {"oid": it.table.oid, "fill_trigger": fill_trigger}
    )[0]
    table = str(it.table.name)
    told = [*_disarmed(row, table), *_bypassed(row, table)]
    state = it.writing.column(it.machine.state)
    if it.machine.mode_of(known_state.NAME) is Mode.ENFORCE and not state.is_not_null:
        told.append(
            (
                "state-nullable",
                f"column {state.name} of {table} may be null",
                "The machine refuses null; say so in the table: alter column ... set not null",
            )
        )
    for code, message, hint in told:
        severity = Severity.WARNING if code in _WARNINGS else Severity.ERROR
        yield Finding(code, message, it.machine.name, table, severity, hint=hint)
    for name in dict.fromkeys(mirror.table for mirror in it.machine.mirrors):
        yield from _mirrored(connection, it, name)


def _mirrored(
    connection: psycopg.Connection, it: MachineSurvey, name: TableName
) -> Iterator[Finding]:
    """Yield what about the table of a mirror lets rows disagree unseen."""
    target = it.table.target(name)
    if target is None:
        return
    values = {"oid": target.oid, "fill_trigger": ""}
    row = database.ask(connection, "surroundings.sql", values)[0]
    for code, message, hint in (*_disarmed(row, str(name)), *_bypassed(row, str(name))):
        if code in _MIRRORED:
            yield Finding(code, message, it.machine.name, str(name), hint=hint)


_MIRRORED = ("unlogged", "triggers-ignored", "rewrite-rule", "inheritance-child")
_WARNINGS = ("foreign-before-trigger", "owner-can-login", "state-nullable")
_Told = Iterator[tuple[str, str, str]]


def _disarmed(row: DictRow, table: str) -> _Told:
    """Yield what the catalog says that triggers and constraints cannot see."""
    if row["persistence"] == "u":
        yield (
            "unlogged",
            f"table {table} is unlogged: its rows vanish at the next crash",
            f"alter table {table} set logged",
        )
    if not row["has_triggers"]:
        yield (
            "triggers-ignored",
            f"pg_class says that {table} has no triggers, so none fires",
            "Someone with superuser rights changed the catalog; restore relhastriggers",
        )
    if row["check_count"] != row["stored_checks"]:
        yield (
            "checks-ignored",
            f"pg_class counts {row['check_count']} CHECKs on {table}, and there are"
            f" {row['stored_checks']}: some are not judged",
            "Someone with superuser rights changed the catalog; restore relchecks",
        )
    for constraint in row["idle_constraints"]:
        yield (
            "constraint-not-enforced",
            f"constraint {constraint} of {table} is switched off: rows may break it",
            f"alter table {table} alter constraint {constraint} enforced, or enable its triggers",
        )
    for partition in row["unguarded_partitions"]:
        yield (
            "partition-unguarded",
            f"a trigger is missing or off on partition {partition}",
            "interlock apply, or detach and attach it again",
        )


def _bypassed(row: DictRow, table: str) -> _Told:
    """Yield what others have put on the table, and who owns it."""
    for rule in row["rewrite_rules"]:
        yield (
            "rewrite-rule",
            f"rule {rule} rewrites what is written to {table}",
            "Drop it: a rule can make legal writes vanish",
        )
    for child in row["inheritance_children"]:
        yield (
            "inheritance-child",
            f"{child} inherits from {table}, and its rows are not guarded",
            "Triggers are not inherited; use partitions, or a machine of its own",
        )
    for trigger in row["later_before_triggers"]:
        yield (
            "foreign-before-trigger",
            f"trigger {trigger} of {table} fires after ours has filled stamps, and may change the"
            " row again",
            "Its result is judged all the same; rename it to sort before interlock_10",
        )
    if row["owner_can_login"]:
        yield (
            "owner-can-login",
            f"{row['owner_name']}, who owns {table}, can log in: who has that password can drop"
            " the triggers",
            "Let applications use a role that owns nothing",
        )


def _grants(connection: psycopg.Connection, it: MachineSurvey) -> Iterator[Finding]:
    table = str(it.table.name)
    for row in database.ask(
        connection, "weak_grants.sql", {"oid": it.table.oid, "state": it.machine.state}
    ):
        for privilege, why in (
            ("TRIGGER", "may put triggers of its own on the table"),
            ("TRUNCATE", "may empty the table if ever our trigger is off"),
        ):
            if privilege in row["privileges"]:
                yield Finding(
                    f"grant-{privilege.lower()}",
                    f"{row['grantee']} {why}",
                    it.machine.name,
                    table,
                    Severity.WARNING,
                    hint=f"revoke {privilege.lower()} on {table} from {row['grantee']}",
                )
        if row["has_void_revoke"] and "UPDATE" in row["privileges"]:
            yield Finding(
                "revoke-without-effect",
                f"update of {it.machine.state} is revoked from {row['grantee']}, but it may update"
                " the whole table: the revoke has no effect",
                it.machine.name,
                table,
                Severity.WARNING,
                hint=f"revoke update on {table} from {row['grantee']}, then grant it by column",
            )


def _actor_keys(connection: psycopg.Connection) -> Iterator[Finding]:
    for row in database.ask(connection, "actor_key_state.sql"):
        if not row["is_row_security_on"] or row["has_policy"]:
            yield Finding(
                "actor-keys-open",
                "others than the owner may see the keys of signed actors: interlock.actor_key has"
                " a policy, or row security is off",
                "",
                "interlock.actor_key",
                hint="alter table interlock.actor_key enable row level security, without a policy",
            )


def _functions(connection: psycopg.Connection, called: list[str]) -> Iterator[Finding]:
    public = (*_PUBLIC, *(f"interlock.{name}(" for name in called))
    for row in database.ask(connection, "function_state.sql"):
        signature: str = row["signature"]
        if not row["is_owned"]:
            yield Finding(
                "function-owner",
                f"{signature} belongs to another role than schema interlock",
                "",
                signature,
                hint="interlock apply, as the owner of the schema",
            )
        open_to = [
            it for it in row["callers"] if it == "public" or not signature.startswith(_GRANTED)
        ]
        if open_to and not signature.startswith(public):
            yield Finding(
                "function-callable",
                f"{signature} may be called by {', '.join(open_to)}",
                "",
                signature,
                hint="Revoke it: only triggers call this",
            )


def _roles(connection: psycopg.Connection, seen: Survey) -> Iterator[Finding]:
    for row in database.ask(connection, "weak_roles.sql"):
        yield Finding(
            row["code"],
            f"{row['subject']}: {row['detail']}",
            "",
            row["subject"],
            Severity.WARNING,
            hint="It reaches past the grants of this database; see the reference of verify",
        )
    if seen.rights.server_version >= _PARAMETER_ACL_SINCE:
        for row in database.ask(connection, "weak_parameters.sql"):
            yield Finding(
                "replication-role",
                f"{row['grantee']} may set session_replication_role: foreign keys and plain"
                " triggers can be switched off (ours are not)",
                "",
                row["grantee"],
                Severity.WARNING,
                hint=f"revoke set on parameter session_replication_role from {row['grantee']}",
            )
