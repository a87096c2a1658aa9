"""The row rules of a machine beside its trigger: a CHECK over a compiled function, or many."""

import hashlib
from collections.abc import Iterable

from pginterlock import assets
from pginterlock.choices import Checks
from pginterlock.compiler.functions import PIN
from pginterlock.compiler.removal import drop_check, drop_function, qualified
from pginterlock.compiler.soundness import sound_branches
from pginterlock.names import cut, dollar, ident, literal
from pginterlock.objects import DbObject, Lock, ObjectKind
from pginterlock.rules import checked_predicates, row_predicates
from pginterlock.rules.parts import Render, RowPredicate, Writing, block, plain, row_refusal
from pginterlock.template import fill

# The first parameter of the function behind native CHECKs; no column can be called this.
_NUMBER = ""


def row_objects(writing: Writing) -> list[DbObject]:
    """Return what holds the row rules with every trigger off; nothing where the trigger does."""
    if not checked_predicates(writing):
        return []
    if writing.machine.checks is Checks.NATIVE:
        return _native(writing)
    function = _row_function(writing)
    return [function, _row_check(writing)]


def parameters(writing: Writing) -> dict[str, str]:
    """Return the columns that the row rules read, key first, and their types."""
    read = [*writing.key, writing.machine.state]
    read += [c for p in checked_predicates(writing) for c in p.columns]
    return {c: writing.column(c).type for c in dict.fromkeys(read)}


def _parameters_by_place(columns: Iterable[str]) -> Render:
    """Name the parameters by their place: `create or replace` takes no other names for them."""
    names = {column: f"p_{number}" for number, column in enumerate(columns, start=1)}
    return names.__getitem__


def _row_function(writing: Writing) -> DbObject:
    machine = writing.machine
    name = cut(f"interlock_{machine.name}_row")
    columns = parameters(writing)
    parameter = _parameters_by_place(columns)
    state = parameter(machine.state)

    def verdict(predicate: RowPredicate, broken: str) -> str:
        told = row_refusal(predicate, broken)
        target = f"pg_catalog.concat({state})"
        return writing.write(told, parameter, origin="null", target=target)

    def judge(_: str | None, condition: str, parts: list[tuple[RowPredicate, str]]) -> str:
        if condition == "false":
            return verdict(parts[0][0], "true")
        verdicts = [verdict(p, f"({it}) is not true") for p, it in parts]
        return f"if {condition} then\n    return true;\nend if;\n" + "".join(verdicts)

    judged = sound_branches(
        writing,
        checked_predicates(writing),
        parameter,
        writing.state_sql(parameter),
        judge=judge,
    )
    body = fill(assets.read("sql", "templates", "row.plpgsql"), {"body": block([judged])})
    note = "refuse a row that breaks a row rule"
    return _function(writing, name, columns, body, note, "the row rules, compiled")


def _function(
    writing: Writing, name: str, columns: dict[str, str], body: str, note: str, why: str
) -> DbObject:
    """Return a function in the table's own schema that takes *columns*, names to types."""
    schema = writing.table.name.schema
    types = ", ".join(columns.values())
    parameter = _parameters_by_place(columns)
    ddl = fill(
        assets.read("sql", "templates", "row_function.sql"),
        {
            "schema_name": schema,
            "function_name": name,
            "parameters": ", ".join(f"{parameter(c)} {t}" for c, t in columns.items()),
            "types": types,
            "body": dollar(body),
            "note": f"{writing.machine.name}: {note}.",
        },
    )
    signature = f"{ident(schema)}.{ident(name)}({types})"
    return DbObject(
        ObjectKind.FUNCTION,
        f"{schema}.{name}({types})",
        writing.machine.name,
        (
            ("body", "\n" + body),
            ("language", "plpgsql"),
            ("security", "invoker"),
            ("settings", PIN),
            ("volatility", "i"),
        ),
        create=ddl,
        replace=ddl,
        drop=drop_function(signature),
        reason=why,
        signature=signature,
    )


def _row_check(writing: Writing) -> DbObject:
    """Return the CHECK; new rules in its function leave it as it is (compiler.afterwards)."""
    name = cut(f"interlock_{writing.machine.name}_row")
    schema = writing.table.name.schema
    listed = ", ".join(ident(c) for c in parameters(writing))
    bare = ", ".join(parameters(writing))
    return _check(
        writing,
        name,
        f"{ident(schema)}.{ident(name)}({listed})",
        "hold the row rules with every trigger off",
        stored=f"CHECK ({schema}.{name}({bare}))".replace('"', ""),
    )


def _native(writing: Writing) -> list[DbObject]:
    """Return one CHECK for each row rule, and the function that says which was broken.

    An expression of a CHECK is read back for every statement: so it only names number, key and
    state, and the function has the words.
    """
    machine = writing.machine
    name = cut(f"interlock_{machine.name}_refuse")
    columns = {c: writing.column(c).type for c in (*writing.key, machine.state)}
    taken = {_NUMBER: "integer", **columns}
    parameter = _parameters_by_place(taken)
    verdicts = []
    checks = []
    for number, predicate in enumerate(row_predicates(writing), start=1):
        if not writing.is_checked(predicate.rule, predicate.name):
            continue  # its number stays free, so that the others keep their names
        told = row_refusal(predicate, f"{parameter(_NUMBER)} = {number}")
        target = f"pg_catalog.concat({parameter(machine.state)})"
        verdicts.append(writing.write(told, parameter, origin="null", target=target))
        called = ", ".join([str(number), *map(ident, columns)])
        refusal = f"{ident(writing.table.name.schema)}.{ident(name)}({called})"
        check = cut(f"interlock_{machine.name}_{number:02d}_{predicate.name}")
        expression = f"({predicate.sound(writing, plain)}) or {refusal}"
        checks.append(_check(writing, check, expression, predicate.message))
    body = fill(assets.read("sql", "templates", "row.plpgsql"), {"body": block(verdicts)})
    function = _function(
        writing, name, taken, body, "say which row rule a row breaks", "the words of the CHECKs"
    )
    return [function, *checks]


def _check(writing: Writing, name: str, expression: str, note: str, stored: str = "") -> DbObject:
    """Return one CHECK; *stored* is how the server writes it, quotes left out, where known."""
    table = writing.table.name
    target = qualified(table)
    digest = hashlib.sha256(expression.encode()).hexdigest()[:16]
    told = f"{writing.machine.name}: {note} [{digest}]"
    create = fill(
        assets.read("sql", "templates", "row_check.sql"),
        {
            "schema_name": table.schema,
            "table_name": table.name,
            "constraint_name": name,
            "expression": expression,
            "note": told,
        },
    )
    drop = drop_check(table, name)
    validate = f"alter table {target} validate constraint {ident(name)};\n"
    comment = f"comment on constraint {ident(name)} on {target} is {literal(told)};\n"
    return DbObject(
        ObjectKind.CHECK,
        f"{table} {name}",
        writing.machine.name,
        (("digest", digest), ("enforced", "yes"), ("expression", stored), ("validated", "yes")),
        create=create,
        replace=drop + create,
        drop=drop,
        lock=Lock.ACCESS_EXCLUSIVE,
        reason=note,
        mends=(("digest", comment), ("validated", validate)),
        expression=expression,
    )
