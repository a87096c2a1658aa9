"""The steps that make schema interlock and what it needs, and the rights that a plan asks for."""

import psycopg

from pginterlock import indexes, migrate
from pginterlock.changes import changes
from pginterlock.compiler import ownership
from pginterlock.errors import EnvironmentFault
from pginterlock.names import ident
from pginterlock.plan import Step
from pginterlock.survey import Survey


def demand_rights(seen: Survey) -> None:
    """Raise EnvironmentFault where the rights do not reach for what is to be done."""
    rights = seen.rights
    if rights.is_standby or rights.is_read_only:
        raise EnvironmentFault(
            "the server is a standby or read only: nothing can be installed here",
            remedy="Connect to the primary; `verify` works on a standby.",
        )
    for it in seen.machines:
        if not it.table.is_ours and it.changes:
            raise EnvironmentFault(
                f"table {it.table.name} belongs to {it.table.owner}, and role {rights.role} is no"
                " member of it",
                remedy=f"Connect as {it.table.owner}: only an owner may add triggers and CHECKs.",
            )
        for other in it.table.targets:
            if not other.is_ours and it.changes:
                raise EnvironmentFault(
                    f"table {other.name} belongs to {other.owner}, and role {rights.role} is no"
                    " member of it",
                    remedy=f"Connect as a member of {other.owner}: a mirror puts triggers there,"
                    " and what it writes is written with the rights of the owner.",
                )
    if not rights.schema_exists and not rights.can_create_schema:
        raise EnvironmentFault(
            f"role {rights.role} may not create a schema in database {rights.database}",
            remedy=f"As its owner: grant create on database ... to {rights.role};",
        )
    if _new_owner(seen) and rights.joins_in_vain:
        raise EnvironmentFault(
            f"role {rights.role} does not inherit the rights of roles that it is a member of, and"
            f" so would not have those of {seen.owner}, which is to own schema interlock",
            remedy=f"As a superuser: alter role {ident(rights.role)} inherit;",
        )
    if rights.schema_exists and not rights.is_schema_owner and not rights.is_superuser:
        raise EnvironmentFault(
            f"role {rights.role} is no member of {rights.owner}, which owns schema interlock",
            remedy=f"As a superuser: grant {rights.owner} to {rights.role};",
        )


def _new_owner(seen: Survey) -> str | None:
    """Return the role that is to own schema interlock, where it is still to be made."""
    is_there = seen.rights.owner_exists or seen.rights.schema_exists
    return None if is_there else seen.owner


def extension_steps(connection: psycopg.Connection, seen: Survey) -> list[Step]:
    """Return the step that makes the extension which a claim with a range needs."""
    changed = [it.writing for it in seen.machines if it.changes]
    if not indexes.lacks_extension(connection, changed):
        return []
    why = "a claim with a range compares its resource by it"
    return [Step(f"extension {indexes.EXTENSION}", why, indexes.MAKE_EXTENSION)]


def schema_steps(seen: Survey) -> list[Step]:
    """Return the steps that make schema interlock, its tables and its functions."""
    rights, steps = seen.rights, []
    owner = seen.owner
    if made := _new_owner(seen):
        steps.append(
            Step(
                f"role {made}",
                "owns schema interlock, so that no application can change it",
                ownership.role(made, rights),
            )
        )
    if not rights.schema_exists:
        steps.append(
            Step("schema interlock", "holds registry and history", ownership.schema(owner))
        )
    if rights.revision != seen.head:
        steps.append(
            Step(
                f"tables of schema interlock, revision {rights.revision or 'none'} to {seen.head}",
                "the registry, kept by Alembic in interlock.schema_version",
                ownership.as_role(owner, migrate.upgrade_sql(rights.revision)),
            )
        )
    return steps + [
        Step(
            f"{change.action} function {change.object.name}",
            change.object.reason,
            ownership.as_role(owner, change.sql),
        )
        for change in changes(seen.runtime_wanted, seen.runtime_found)
    ]
