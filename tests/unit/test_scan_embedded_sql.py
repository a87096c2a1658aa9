"""SQL in the strings of Python: what is found, at which line, and what is none."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.scan.embedded_sql import Embedded, embedded_writes, may_embed
from pginterlock.scan.python_literals import Source
from pginterlock.scan.python_texts import Scope, Texts
from pginterlock.scan.site import Transaction


def found_in(source: str) -> list[Embedded]:
    source = textwrap.dedent(source)
    return embedded_writes(ast.parse(source), source, may_embed(source))


def one(source: str) -> Embedded:
    (found,) = found_in(source)
    return found


def lines(source: str) -> list[tuple[int, int]]:
    return [(it.placed.line, it.placed.end_line) for it in found_in(source)]


@pytest.mark.parametrize(
    "expression",
    [
        "\"update job set status = 'done'\"",
        '"""update job set status = \'done\'"""',
        "'update job ' 'set status = ' \"'done'\"",
        "'update job ' + \"set status = 'done'\"",
        "\"UPDATE {} SET status = 'done'\".format('job')",
        "\"UPDATE {table} SET status = 'done'\".format(table='job')",
        "\"UPDATE %s SET status = '%s'\" % ('job', 'done')",
        "\"UPDATE %(t)s SET status = 'done'\" % {'t': 'job'}",
        "f\"update {'job'} set status = 'done'\"",
        "f\"update {TABLE} set status = '{DONE}'\"",
        "f\"update {Job.__tablename__} set status = '{Job.DONE}'\"",
        "'update ' + TABLE + \" set status = '\" + DONE + \"'\"",
        "' '.join(['update job', \"set status = 'done'\"])",
        "sa.text(\"update job set status = 'done'\")",
        'textwrap.dedent("""update job set status = \'done\' """).strip()',
        "sql.SQL('update {} set status = {}').format(sql.Identifier('job'), sql.Literal('done'))",
        "sql.SQL(\"update {t} set status = 'done'\").format(t=sql.Identifier('job'))",
        "dict(q=[(\"update job set status = 'done'\", ())])",
        "r\"update job set status = 'done'\"",
        "u\"update job set status = 'done'\"",
        "\"update job\\nset status = 'done'\"",
        "\"update job \\\n set status = 'done'\"",
        "\"update job set status = '\\x64one'\"",
        "lambda: \"update job set status = 'done'\"",
        "x if y else \"update job set status = 'done'\"",
        "cursor.execute(\"update job set status = 'done' where id = %s\", [1])",
    ],
)
def test_texts_that_are_put_together_in_many_ways(expression: str) -> None:
    source = f"""
TABLE = "job"
DONE = "done"
class Job:
    __tablename__ = "job"
    DONE = "done"
RUN = {expression}
"""
    write = one(source).placed.write

    assert (write.table, write.columns) == ("job", (("status", "done"),))


@pytest.mark.parametrize(
    "statement",
    [
        "def f():\n    '''Run update job set status = 'x' when done.'''",
        "'''update job set status = 'x' '''",
        "raise ValueError(\"update job set status = 'x'\")",
        "logger.info(\"update job set status = 'x'\")",
        "print(\"update job set status = 'x'\")",
        "assert query == \"update job set status = 'x'\"",
        "self.assertEqual(query, \"update job set status = 'x'\")",
        "f(help=\"update job set status = 'x'\")",
        "help_text = \"update job set status = 'x'\"",
        "re.compile(\"update job set status = 'x'\")",
        "_(\"update job set status = 'x'\")",
        "if \"update job set status = 'x'\" in q: pass",
        "# update job set status = 'x'\nf('select 1')",
        "x = 'Update the row and set it'",
        "x = 'select 1 for update'",
        "d.update(a=1); e = set()",
        "x = b\"update job set status = 'x'\"",
    ],
)
def test_what_is_no_sql_that_runs(statement: str) -> None:
    assert found_in(statement) == []


def test_each_write_stands_at_the_line_of_its_verb() -> None:
    source = '''
    def move(cursor):
        cursor.execute(
            """
            with old as (
                select 1
            )
            update job
               set status = 'done'
             where id = %(id)s
            """,
            {"id": 1},
        )
        cursor.execute("delete from x; " "insert into job "
                       "(status) "
                       "values ('new')")
        return f"""{cursor.a + '}'}
            {{}}
            update job set status = '{cursor.b}'"""
    '''
    assert lines(source) == [(8, 10), (14, 14), (14, 16), (19, 19)]
    assert {it.placed.column for it in found_in(source)[:1]} == {9}


def test_a_write_tells_what_stands_around_it() -> None:
    source = """
    class Store:
        class Inner:
            async def move(self):
                await self.run(
                    "update job set a = 1"
                )
    """
    found = one(source)

    assert found.placed.enclosing == "Store.Inner.move"
    assert found.placed.text == '"update job set a = 1"'
    assert [type(it).__name__ for it in found.scopes] == [
        "ClassDef",
        "ClassDef",
        "AsyncFunctionDef",
    ]
    assert isinstance(found.node, ast.Constant)


@pytest.mark.parametrize(
    ("source", "table"),
    [
        ("f'update {self.table} set a = 1'", "{self.table}"),
        ("f'update {Job.__tablename__} set a = 1'", "{Job.__tablename__}"),
        ("f'update {schema}.{name} set a = 1'", "{schema}.{name}"),
        ("'update %s set a = 1' % table", "{table}"),
        ("'update ' + table() + ' set a = 1'", "{table()}"),
        ("'update {0} set a = 1'.format(qn(t))", "{qn(t)}"),
        ("'update {t} set a = 1'.format(**names)", "{names['t']}"),
        ("'update {t} set a = 1'.format_map({'t': 'orders'})", "orders"),
        ("'update %(t)s set a = 1' % self.names", "{self.names['t']}"),
        ("f'update {d[\"x\"]} set a = 1'", "{d['x']}"),
        ("sql.SQL('update {} set a = 1').format(sql.Identifier(name))", "{sql.Identifier(name)}"),
        ("f'update {a!r:>10} set a = 1'", "{a}"),
    ],
)
def test_what_fills_a_table_in_is_told(source: str, table: str) -> None:
    assert one(f"run({source})").placed.write.table == table


def test_names_mean_what_one_assignment_gives_them() -> None:
    source = """
    TABLE = "job"
    TWICE = "a"
    TWICE = "b"
    class Store:
        kind = "event"
        def one(self, given):
            table = self.names.job
            other = TABLE
            loose = "c"
            if given:
                loose = "d"
            run(f"update {table} set a = 1")
            run(f"update {other} set a = 1")
            run(f"update {loose} set a = 1")
            run(f"update {given} set a = 1")
            run(f"update {self.kind} set a = 1")
            run(f"update {TWICE} set a = 1")
        def two(self, TABLE):
            run(f"update {TABLE} set a = 1")
    """
    assert [it.placed.write.table for it in found_in(source)] == [
        "{self.names.job}",
        "job",
        "{loose}",
        "{given}",
        "event",
        "{TWICE}",
        "{TABLE}",
    ]


def test_a_text_that_grows_is_read_whole() -> None:
    source = """
    def f(x):
        query = "update job set "
        if x:
            query += "done_at = now(), "
        query += f"status = '{x}' where id = %s; "
        query += "update t set a = 1"
        count = 0
        count += 1
        run(query)
    """
    first, second = found_in(source)

    assert [it for it, _ in first.placed.write.columns] == ["done_at", "status"]
    assert (first.placed.line, first.placed.end_line, second.placed.line) == (3, 6, 7)
    assert isinstance(first.node, ast.Constant)  # a part of the tree


def test_the_code_around_may_open_a_transaction() -> None:
    source = """
    a = "update t set a = 1"
    b = "begin; update t set a = 1; commit"
    c = "create function f() returns void language sql as $$ update t set a = 1 $$"
    """
    told = [it.placed.write.transaction for it in found_in(source)]

    assert told == [Transaction.UNKNOWN, Transaction.YES, Transaction.CALLER]


def test_a_long_sum_of_texts_is_read_whole() -> None:
    parts = ['"update t set "', *(f'"c{n} = {n}, "' for n in range(500)), "\"status = 'x'\""]
    source = "x = (\n" + " +\n".join(parts) + ")\n"

    assert one(source).placed.write.values_of("status") == ("x",)
    assert lines(source) == [(2, 503)]


def test_letters_of_several_bytes_move_no_line_and_no_column() -> None:
    source = 'é = "ü" ; ß = "update é set ü = \'ß\'"\nx = "İ " + "UPDATE t SET a = 1"\n'
    found = found_in(source)

    assert [(it.placed.line, it.placed.column) for it in found] == [(1, 16), (2, 13)]
    assert found[0].placed.write.columns == (("ü", "ß"),)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", False),
        ("d.update(x)", False),
        ("# obtain a copy of the licence from the author", False),
        ("# update the set", True),
        ("'INSERT INTO t'", True),
        ('"copy t from stdin"', True),
        ("f'UPDATE {t}\\nSET a'", True),
    ],
)
def test_most_files_are_passed_over_without_a_parser(source: str, expected: bool) -> None:
    assert bool(may_embed(source)) is expected


_PARTS = st.one_of(
    st.text(st.sampled_from("ab{}%\\'\"\n é\t€𝄞"), max_size=12).map(repr),
    st.text(st.sampled_from("ab%' \n"), max_size=8).map(lambda it: f'"""{it} """'),
    st.sampled_from(
        [
            r"r'\n\d'",
            r"'\x41\101\u00e9\U0001d11e\a\0'",
            "'a\\\nb'",
            "f'a{{b}}c'",
            r"rf'\n{{'",
            r"U'\''",
            "f'{1}{2!r:>3}'",
        ]
    ),
)


@given(st.lists(_PARTS, min_size=1, max_size=4), st.sampled_from([" ", "\n  ", " # x\n"]))
def test_the_text_of_a_literal_is_what_python_makes_of_it(parts: list[str], between: str) -> None:
    source = "(" + between.join(it.replace("{2!r:>3}", "{2}") for it in parts) + ")"
    built = Texts(Source(source), Scope()).of(ast.parse(source, mode="eval").body)

    assert built is not None
    assert built.text == eval(source)  # noqa: S307
    assert built.offsets == sorted(built.offsets)
    assert len(built.offsets) == len(built.text)


@given(st.text(st.sampled_from("ab'{}\n \\\"%é"), max_size=20), st.integers(0, 5))
def test_the_line_of_a_verb_is_the_line_of_the_file(note: str, above: int) -> None:
    literal = repr(f"/* {note} */ select 1;\n" + "\n" * above)
    source = "\n" * above + f"x = ({literal}\n  'update t '\n  'set a = 1')\n"
    found = [it for it in found_in(source) if it.placed.write.table == "t"]

    assert [(it.placed.line, it.placed.end_line) for it in found] == [(above + 2, above + 3)]
