"""The format of a spec, as pydantic reads it and as the JSON Schema says it (design, section 1).

Pure: data in, data out.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from pginterlock.choices import ActorNeed, Checks, Continuity, Fill, Mode, Need


def _listed(value: object) -> object:
    """Take one thing where several are meant."""
    return [value] if isinstance(value, str) else value


def _stamped(value: object) -> object:
    return value if isinstance(value, dict) else {"state": value}


def _checked(value: object) -> object:
    return value if isinstance(value, dict) else {"check": value}


def _guarded(value: object) -> object:
    return value if value is None or isinstance(value, dict) else {"check": value}


def _timed(value: object) -> object:
    return value if isinstance(value, dict) else {"after": value}


def _moves(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _value(value: object) -> object:
    """Take null, true and numbers of YAML for the expressions that look so."""
    if value is None:
        return "null"
    return str(value).lower() if type(value) in (bool, int, float) else value


def _version(value: object) -> object:
    """Keep true and 1.0, which Python finds equal to 1, from being a version."""
    return value if type(value) is int or value != 1 else str(value).lower()


_TEXT = {"type": "string"}
_ONE_OR_MORE = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]}
Names = Annotated[list[str], BeforeValidator(_listed), WithJsonSchema(_ONE_OR_MORE)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class ApprovalsPart(_Part):
    """How many must have approved of a move before it is made."""

    count: int = Field(description="How many approvals; 2 is usual.")
    distinct: bool = Field(
        default=True, description="By different persons, none of whom makes the move."
    )
    by: Names = Field([], description="Database roles that may approve; default: anybody.")


class GuardPart(_Part):
    """A condition on the row, or on the row of another table that it names."""

    on: str | None = Field(None, description="The other table, as schema.name.")
    check: str = Field(description="A condition on the row.")
    key: str | None = Field(
        None, description="The column here that names the row there; default: that of the mirror."
    )


class TransitionPart(_Part):
    """One move, or several of one event."""

    from_: Names = Field(alias="from", description="The state that is left; one or several.")
    to: str = Field(description="The state that is entered.")
    guard: Annotated[
        GuardPart | None,
        BeforeValidator(_guarded),
        WithJsonSchema({"oneOf": [_TEXT, {"part": "GuardPart"}]}),
    ] = Field(None, description="A condition on the row, judged when it moves.")
    by: Names = Field([], description="Database roles that may make this move.")
    reason: Annotated[Need, Field(strict=False)] = Field(
        Need.OPTIONAL, description="Whether interlock.act_as must give a reason."
    )
    approvals: ApprovalsPart | None = Field(None, description="How many must have approved before.")


class StampPart(_Part):
    """A timestamp that is set when, and only when, its state is entered."""

    state: Names = Field(description="The state, or states, whose entry sets it.")
    fill: Annotated[Fill, Field(strict=False)] = Field(
        Fill.IF_NULL, description="Who writes it: the machine if it is null, always, or never."
    )


class StatePart(_Part):
    """What a row looks like in a state."""

    require: Names = Field([], description="Columns that must not be null.")
    forbid: Names = Field([], description="Columns that must be null.")
    freeze: Names = Field([], description="Columns that may not change; * is all of them.")
    clear: Names = Field([], description="Columns that become null on entry.")
    renamed_from: str | None = Field(None, description="What the state was called before.")


class InvariantPart(_Part):
    """A condition that holds always, or while in some states."""

    check: str = Field(description="A condition on the row.")
    in_: Names = Field([], alias="in", description="The states in which it holds; default: all.")


class ClaimPart(_Part):
    """A resource that a row holds while in some states."""

    resource: Names = Field(description="The columns that name the resource.")
    during: str | None = Field(None, description="A range in which it is held.")
    in_: Names = Field(alias="in", description="The states in which it is held.")


class MirrorPart(_Part):
    """A column elsewhere that follows the state."""

    table: str = Field(description="The other table, as schema.name.")
    key: Names = Field(description="The columns here that tell the row there.")
    column: str = Field(description="The boolean column there.")
    in_: Names = Field(alias="in", description="The states in which it is true.")


class ReactionPart(_Part):
    """A move that the database makes by itself."""

    when: str = Field(description="A condition on the row.")
    event: str = Field(description="The move that is made once it holds.")


class DeadlinePart(_Part):
    """How long a row may stay in a state."""

    after: str = Field(description="A length of time: 15 minutes.")
    then: str | None = Field(
        None, description="The event that `interlock overdue --act` then carries out."
    )


class DeletionPart(_Part):
    """States whose rows may be deleted."""

    from_: Names = Field([], alias="from", description="The states; default: none.")


class AuditPart(_Part):
    """What the history records beside the state."""

    columns: Names = Field([], description="Columns recorded when they change.")
    actor: Annotated[ActorNeed, Field(strict=False)] = Field(
        ActorNeed.OPTIONAL, description="Whether a write must say who acts, or prove it (signed)."
    )
    retain: str | None = Field(None, description="How long entries are kept, as an interval.")
    erasable: Names = Field(
        [], description="What `interlock erase` takes: columns of the audit, actor, and the like."
    )


def _no_deletion() -> DeletionPart:
    return DeletionPart.model_validate({})


def _plain_audit() -> AuditPart:
    return AuditPart.model_validate({})


class OutboxPart(_Part):
    """Wakes listeners, once a transaction."""

    channel: str = Field(description="The channel of notify.")


class RepairPart(_Part):
    """How `backfill` mends rows that were there before."""

    when: str = Field(description="A condition that tells the rows to mend.")
    set_: dict[str, Annotated[str, BeforeValidator(_value)]] = Field(
        alias="set", description="Column to the expression it becomes; null empties it."
    )


_MOVES_SCHEMA = {
    "oneOf": [
        {"part": "TransitionPart"},
        {"type": "array", "items": {"part": "TransitionPart"}},
    ]
}


class MachinePart(_Part):
    """The states of one column of one table, the moves between them, and what goes with them."""

    table: str = Field(description="The table, as schema.name.")
    state: str = Field(description="The column that holds the state.")
    key: Names = Field([], description="The columns that tell a row; default: the primary key.")
    mode: Annotated[Mode, Field(strict=False)] = Field(
        Mode.OBSERVE, description="What happens to a write that breaks a rule."
    )
    modes: dict[str, Annotated[Mode, Field(strict=False)]] = Field(
        {}, description="Rule, by name, code or NAME.item, to a mode of its own."
    )
    initial: Names = Field(description="The states in which a row may begin.")
    final: Names = Field([], description="The states that a row does not leave.")
    transitions: dict[
        str,
        Annotated[list[TransitionPart], BeforeValidator(_moves), WithJsonSchema(_MOVES_SCHEMA)],
    ] = Field(description="Event to the moves of that name.")
    stamps: dict[
        str,
        Annotated[
            StampPart,
            BeforeValidator(_stamped),
            WithJsonSchema({"oneOf": [*_ONE_OR_MORE["oneOf"], {"part": "StampPart"}]}),
        ],
    ] = Field({}, description="Timestamp column to the state whose entry it marks.")
    states: dict[str, StatePart] = Field({}, description="What a row looks like in a state.")
    invariants: dict[
        str,
        Annotated[
            InvariantPart,
            BeforeValidator(_checked),
            WithJsonSchema({"oneOf": [_TEXT, {"part": "InvariantPart"}]}),
        ],
    ] = Field({}, description="Conditions that hold always, or while in some states.")
    claims: dict[str, ClaimPart] = Field({}, description="Resources that a row holds.")
    mirrors: dict[str, MirrorPart] = Field({}, description="Columns elsewhere that follow.")
    reactions: dict[str, ReactionPart] = Field({}, description="Moves the database makes itself.")
    deadlines: dict[
        str,
        Annotated[
            DeadlinePart,
            BeforeValidator(_timed),
            WithJsonSchema({"oneOf": [_TEXT, {"part": "DeadlinePart"}]}),
        ],
    ] = Field({}, description="How long a row may stay in a state.")
    deletion: DeletionPart = Field(
        default_factory=_no_deletion, description="States whose rows may be deleted."
    )
    audit: AuditPart = Field(default_factory=_plain_audit, description="What the history records.")
    outbox: OutboxPart | None = Field(None, description="Wakes listeners.")
    repairs: dict[str, RepairPart] = Field({}, description="How old rows are mended.")
    checks: Annotated[Checks, Field(strict=False)] = Field(
        Checks.FUNCTION, description="Where row rules are held beside the trigger."
    )
    continuity: Annotated[Continuity, Field(strict=False)] = Field(
        Continuity.VERIFY, description="When a change behind the triggers is found."
    )
    funnel: bool = Field(default=False, description="Whether fire is the only way to move a row.")
    services: Names = Field(
        [], description="Paths of code that is meant to write these columns; for scan alone."
    )


class SpecPart(_Part):
    """A spec of pginterlock."""

    interlock: Annotated[Literal[1], BeforeValidator(_version)] = Field(
        description="The version of the format."
    )
    machines: dict[str, MachinePart] = Field(description="Name to machine.")


# Section of a machine to what stands below its names.
SECTIONS: dict[str, type[_Part]] = {
    "transitions": TransitionPart,
    "stamps": StampPart,
    "states": StatePart,
    "invariants": InvariantPart,
    "claims": ClaimPart,
    "mirrors": MirrorPart,
    "reactions": ReactionPart,
    "deadlines": DeadlinePart,
    "repairs": RepairPart,
}
SINGLE: dict[str, type[_Part]] = {
    "deletion": DeletionPart,
    "audit": AuditPart,
    "outbox": OutboxPart,
}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the format, for editors."""
    schema: dict[str, Any] = SpecPart.model_json_schema(by_alias=True)
    for part in (GuardPart, TransitionPart, StampPart, InvariantPart, DeadlinePart):
        definition = part.model_json_schema(by_alias=True)
        schema["$defs"].update(definition.pop("$defs", {}))
        schema["$defs"][part.__name__] = definition
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "interlock.yaml"
    resolved = _resolve(schema)
    assert isinstance(resolved, dict)  # noqa: S101 - for mypy
    return resolved


def _resolve(node: object) -> object:
    """Return *node* with our notes of parts as references: pydantic counts its own only."""
    if isinstance(node, dict):
        if set(node) == {"part"} and isinstance(node["part"], str):
            return {"$ref": f"#/$defs/{node['part']}"}
        return {key: _resolve(value) for key, value in node.items()}
    return [_resolve(it) for it in node] if isinstance(node, list) else node


def keys_of(part: type[_Part]) -> list[str]:
    """Return the keys that *part* knows, as they are written."""
    return [field.alias or name for name, field in part.model_fields.items()]
