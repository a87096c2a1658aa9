"""The trigger functions of a machine: what fills before a write, and what judges after it."""

from functools import partial

from pginterlock import assets
from pginterlock.choices import Mode
from pginterlock.compiler.entries import entry
from pginterlock.compiler.judgement import judgement
from pginterlock.compiler.recording import reaction_variables, record_change
from pginterlock.names import cut, dollar, ident, literal
from pginterlock.objects import DbObject, ObjectKind
from pginterlock.rules import (
    approval,
    birth,
    checked_predicates,
    claim_judge,
    fills,
    judged_predicates,
    mirror,
    reacting,
    reaction,
    statements,
    transition,
)
from pginterlock.rules.freeze import frozen_columns
from pginterlock.rules.parts import (
    Writing,
    block,
    indent,
    is_import,
    new,
    old,
)
from pginterlock.template import fill

PIN = "search_path=pg_catalog, pg_temp"
# Named in full, for the fill functions are not pinned: a user's type could stand in front.
_TEXT = 'constant pg_catalog.text collate pg_catalog."C"'


def fills_births(writing: Writing) -> bool:
    """Whether a BEFORE trigger has anything to do when a row begins."""
    return _speaks_early(writing, birth.NAME) or _fills(writing, writing.machine.initial)


def fills_moves(writing: Writing) -> bool:
    """Whether a BEFORE trigger has anything to do when a row moves."""
    if reaction.steps(writing.machine):
        return True
    return _speaks_of_moves(writing) or _fills(writing, writing.machine.states)


def _speaks_early(writing: Writing, rule: str) -> bool:
    """Whether a CHECK would speak before the trigger that refuses by *rule*, and say less."""
    refuses = writing.machine.mode_of(rule) is not Mode.OBSERVE
    return refuses and bool(checked_predicates(writing))


def _speaks_of_moves(writing: Writing) -> bool:
    """Whether an illegal move is refused before the write, too.

    Afterwards nobody could tell the two moves of a `Through` from one that was written so.
    """
    refuses = writing.machine.mode_of(transition.NAME) is not Mode.OBSERVE
    return _speaks_early(writing, transition.NAME) or (
        refuses and bool(reaction.throughs(writing.machine))
    )


def _fills(writing: Writing, states: tuple[str, ...]) -> bool:
    """Whether the machine writes into rows on entry to *states*."""
    return any(fills(writing, s) for s in states)


def guard_functions(writing: Writing) -> list[DbObject]:
    """Return all trigger functions, in the order of a row's life."""
    found = []
    if fills_births(writing):
        found.append(_before_birth(writing))
    if fills_moves(writing):
        found.append(_before_move(writing))
    return [*found, _birth(writing), _change(writing), _death(writing)]


def _before_birth(writing: Writing) -> DbObject:
    state = writing.state_text(new)
    initial = writing.machine.initial
    late = tuple(s for s in writing.machine.states if s not in initial)
    # A row in a late state is refused after the write, unless it is the half of an upsert: filled
    # for the row rules, which the server judges before it knows.
    filled = _fills_by_state(writing, late)
    early = [birth.before_birth(writing)] if _speaks_early(writing, birth.NAME) else []
    if filled and not early:
        early = [f"if {is_import(writing.machine.name)} then\n    return new;\nend if;"]
    rest = block([*early, *filled])
    body = _fills_by_state(writing, initial)
    if rest:
        body.append(f"if {birth.is_initial(writing)} is not true then\n{rest}\nend if;")
    return _function(
        writing,
        "prebirth",
        "fill.plpgsql",
        "fill_function.sql",
        {
            "declarations": f"declare\n    v_to   {_TEXT} := {state};\n    v_kind pg_catalog.text;",
            "body": block(body),
        },
        "fill stamps when a row begins",
    )


def _before_move(writing: Writing) -> DbObject:
    reacts = bool(reaction.steps(writing.machine))
    kind = _TEXT.removeprefix("constant ") if reacts else _TEXT
    declarations = "\n".join(
        [
            "declare",
            f"    v_from {_TEXT} := {writing.state_text(old)};",
            f"    v_to   {kind} := {writing.state_text(new)};",
        ]
    )
    if reacts:
        declarations += f"\n{reacting.declarations(writing, _TEXT)}"
    same = "if (v_from operator(pg_catalog.=) v_to) is true then\n    return new;\nend if;"
    entered = [
        s
        for s in writing.machine.states
        if s not in writing.machine.initial
        or any(s in writing.machine.targets(o) for o in writing.machine.states)
    ]
    early = [transition.before_move(writing)] if _speaks_of_moves(writing) else []
    filled = _fills_by_state(writing, tuple(entered))
    if filled and (is_rename := writing.is_rename()):
        # Nothing is entered: what was written when it was stays.
        filled.insert(0, f"if {is_rename} then\n    return new;\nend if;")
    body = [same, *early, *filled]
    if reacts:
        body = [
            reacting.before_move(writing),
            *body,
            reacting.after_entry(writing, partial(fills, writing)),
        ]
    # A pin costs a fifth of a bare write: only where a search path could change a condition.
    is_pinned = reacts and not reaction.is_bare_all(writing.machine)
    return _function(
        writing,
        "premove",
        "fill.plpgsql",
        "fill_function_pinned.sql" if is_pinned else "fill_function.sql",
        {"declarations": declarations, "body": block(body)},
        "make reactions, fill stamps and clear columns when a row moves"
        if reacts
        else "fill stamps and clear columns when a row moves",
    )


def _fills_by_state(writing: Writing, states: tuple[str, ...]) -> list[str]:
    arms: list[str] = []
    for state in states:
        if lines := fills(writing, state):
            word = "elsif" if arms else "if"
            arms.append(f"{word} v_to operator(pg_catalog.=) {literal(state)} then")
            arms.append(block(lines))
    return ["\n".join([*arms, "end if;"])] if arms else []


def _birth(writing: Writing) -> DbObject:
    body = [attached(writing), *statements("at_birth", writing), *judgement(writing)]
    body += statements("after_birth", writing)
    values = {f"new_{c}": writing.stored(c, new) for c in writing.machine.audit.columns}
    body.append(entry(writing, "birth", new, values))
    return _function(
        writing,
        "birth",
        "birth.plpgsql",
        "trigger_function.sql",
        {
            "state": writing.state_text(new),
            "body": block(body),
        },
        "judge how a row begins, and record it",
    )


def _change(writing: Writing) -> DbObject:
    judged = judgement(writing, is_change=True)
    after = statements("after_change", writing)
    repaired = _in_backfill(writing, [*statements("at_repair", writing), *judged, *after])
    body = [attached(writing), *statements("at_change", writing), *judged, *after]
    body.append(record_change(writing))
    return _function(
        writing,
        "change",
        "change.plpgsql",
        "trigger_function.sql",
        {
            "reaction": reaction_variables(writing),
            "old_state": writing.state_text(old),
            "state": writing.state_text(new),
            "approvals": approval.declaration(writing),
            "same": f"not ({writing.differs(writing.machine.state)})",
            "unchanged": _unchanged(writing),
            "backfill": indent(repaired, 2),
            "moves": block(statements("at_move", writing), 2),
            "body": block(body),
        },
        "judge every change of a row, and record it",
    )


def _in_backfill(writing: Writing, repaired: list[str]) -> str:
    """Return the way of a backfill, which judges moves and writes the entries of its rows itself.

    The setting is a hint that saves everybody else the question: who sets it is only asked.
    """
    return fill(
        assets.read("sql", "templates", "in_backfill.plpgsql"),
        {"machine": writing.machine.name, "body": block(repaired, 2)},
    )


def _death(writing: Writing) -> DbObject:
    body = [attached(writing), *statements("at_death", writing)]
    body += statements("after_death", writing)
    values = {f"old_{c}": writing.stored(c, old) for c in writing.machine.audit.columns}
    body.append(entry(writing, "death", old, values))
    return _function(
        writing,
        "death",
        "death.plpgsql",
        "trigger_function.sql",
        {"old_state": writing.state_text(old), "body": block(body)},
        "judge how a row ends, and record it",
    )


def _unchanged(writing: Writing) -> str:
    """Return the quick way out: nothing that any rule speaks of has changed."""
    machine = writing.machine
    columns = [
        *writing.key,
        *(s.column for s in machine.stamps),
        *machine.audit.columns,
        *(c for row in machine.rows for c in frozen_columns(writing, row.state)),
    ]
    read = (c for p in judged_predicates(writing) for c in p.columns)
    columns += [c for c in read if c != machine.state] + claim_judge.read_columns(writing)
    columns += mirror.read_columns(writing)
    return "not (" + "\n        or ".join(writing.differs(c) for c in dict.fromkeys(columns)) + ")"


def attached(writing: Writing) -> str:
    """Return the test that the function serves its own table, and no temporary one of a forger."""
    if writing.table.is_partitioned:
        return fill(
            assets.read("sql", "templates", "attached_partition.plpgsql"),
            {"machine": writing.machine.name},
        )
    return fill(
        assets.read("sql", "templates", "attached.plpgsql"),
        {
            "schema_name": writing.table.name.schema,
            "relation_name": writing.table.name.name,
            "machine": writing.machine.name,
        },
    )


def _function(
    writing: Writing, what: str, body_file: str, ddl_file: str, slots: dict[str, str], note: str
) -> DbObject:
    name = cut(f"{writing.machine.name}_{what}")
    body = fill(assets.read("sql", "templates", body_file), slots)
    is_definer, is_pinned = ddl_file == "trigger_function.sql", ddl_file != "fill_function.sql"
    ddl = fill(
        assets.read("sql", "templates", ddl_file),
        {"function_name": name, "body": dollar(body), "note": f"{writing.machine.name}: {note}."},
    )
    return DbObject(
        ObjectKind.FUNCTION,
        f"interlock.{name}()",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("security", "definer" if is_definer else "invoker"),
            ("settings", PIN if is_pinned else ""),
            ("volatility", "v"),
        ),
        create=ddl,
        replace=ddl,
        drop=f"drop function interlock.{ident(name)}();\n",
        reason=note,
    )
