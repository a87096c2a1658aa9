"""What lint understands of SQL and of Python: cases that a planted file would make unreadable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock import newer_python
from pginterlock.lint.actions import Action, Verb
from pginterlock.lint.files import Outcome, Source, lint
from pginterlock.lint.read_alembic import read_revision
from pginterlock.lint.read_sql import read_file
from pginterlock.spec import parse

SPEC = parse(
    """\
interlock: 1
machines:
  booking:
    table: hotel.booking
    state: status
    mode: enforce
    initial: [NEW]
    final: [DONE]
    transitions: {finish: {from: NEW, to: DONE}}
""",
    "interlock.yaml",
)
HEAD = "import sqlalchemy as sa\nfrom alembic import op\n"


def upgrade(body: str, *, before: str = "") -> list[Action]:
    """Return what a revision with this upgrade does."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"{HEAD}{before}\ndef upgrade():\n{lines}\n"
    reading = read_revision(newer_python.parse(text), text.split("\n"))
    return [it for unit in reading.units for it in unit]


def codes(file: str, text: str) -> list[str]:
    """Return the rules that lint finds broken in a file."""
    outcome = Outcome()
    lint([Source(file, text)], SPEC.machines, outcome)
    return [it.finding.code for it in outcome.open]


@pytest.mark.parametrize(
    ("body", "dropped"),
    [
        pytest.param("for c in ('a', 'b'):\n    op.drop_column('t', c)", ["a", "b"], id="loop"),
        pytest.param("[op.drop_column('t', c) for c in ['a']]", ["a"], id="comprehension"),
        pytest.param("t, c = 't', 'a'\nop.drop_column(t, c)", ["a"], id="unpacked"),
        pytest.param("op.drop_column(column_name='a', table_name='t')", ["a"], id="by name"),
        pytest.param(
            "op.drop_column(**{'table_name': 't', 'column_name': 'a'})", ["a"], id="stars"
        ),
        pytest.param(
            "try:\n    op.drop_column('t', 'a')\nexcept ValueError:\n    pass", ["a"], id="try"
        ),
        pytest.param(
            "if op.get_bind().dialect.name == 'sqlite':\n    op.drop_column('t', 'a')\n"
            "else:\n    op.drop_column('t', 'b')",
            ["b"],
            id="another server's branch is passed over",
        ),
        pytest.param(
            "if op.get_bind().dialect.name != 'postgresql':\n    return\nop.drop_column('t', 'a')",
            ["a"],
            id="a return for others",
        ),
        pytest.param(
            "if op.get_bind().dialect.name == 'postgresql':\n    return\nop.drop_column('t', 'a')",
            [],
            id="a return for ours",
        ),
        pytest.param(
            "if something():\n    return\nop.drop_column('t', 'a')", ["a"], id="a return in doubt"
        ),
        pytest.param("raise NotImplementedError\nop.drop_column('t', 'a')", [], id="raised before"),
        pytest.param(
            "def go(c, *, table='t'):\n    op.drop_column(table, c)\ngo('a')", ["a"], id="function"
        ),
        pytest.param("go = lambda c: op.drop_column('t', c)\ngo('a')", ["a"], id="lambda"),
        pytest.param(
            "cols = {'a': 1}\ncols['b'] = 2\nfor c, _ in cols.items():\n    op.drop_column('t', c)",
            ["a", "b"],
            id="dict",
        ),
        pytest.param(
            "cols = []\ncols.append('a')\ncols += ['b']\n"
            "for c in cols:\n    op.drop_column('t', c)",
            ["a", "b"],
            id="list that grows",
        ),
    ],
)
def test_python_is_followed_without_being_run(body: str, dropped: list[str]) -> None:
    found = [it.name for it in upgrade(body) if it.verb is Verb.DROP_COLUMN]

    assert found == dropped


@pytest.mark.parametrize(
    ("body", "place"),
    [
        pytest.param(
            'type Names = dict[str, str]\nname = {"c": "status"}\n'
            'op.execute(f"alter table hotel.booking drop column {name["c"]}")',
            (7, 18),
            id="f-string with its own quotes",
        ),
        pytest.param(
            "try:\n    pass\nexcept ValueError, KeyError:\n    pass\n"
            "op.drop_column('booking', 'status', schema='hotel')",
            (9, 5),
            id="except without parentheses",
        ),
        pytest.param(
            "def go[T](column: T) -> T:\n    op.drop_column('booking', column, schema='hotel')\n"
            "go('status')",
            (6, 9),
            id="type parameters",
        ),
        pytest.param(
            'c = "status"\nop.execute(f"""\n    alter table hotel.booking\n'
            '    drop column {"".join([f"{c}"])}\n""")',
            (8, 21),
            id="f-string in lines",
        ),
    ],
)
def test_python_newer_than_the_interpreter_is_read(body: str, place: tuple[int, int]) -> None:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    outcome = Outcome()

    lint([Source("m.py", f"{HEAD}\ndef upgrade():\n{lines}")], SPEC.machines, outcome)

    assert outcome.faults == []
    [found] = [it.finding for it in outcome.findings]
    assert found.code == "lint-drop-column"
    assert found.position is not None
    assert (found.position.line, found.position.column) == place


def test_a_function_that_calls_itself_ends() -> None:
    assert upgrade("go()", before="def go():\n    go()\n    op.drop_table('t')\n")


def test_a_file_that_is_too_much_is_cut_and_says_so() -> None:
    before = "def a():\n" + "    b()\n" * 50 + "def b():\n" + "    c()\n" * 50 + "def c():\n"
    ones = "    1\n" * 50
    text = f"{HEAD}{before}{ones}def upgrade():\n    a()\n"
    outcome = Outcome()

    lint([Source("m.py", text)], SPEC.machines, outcome)

    assert [str(it) for it in outcome.unread] == [
        "m.py:1:1: too much to go through; look at the rest yourself"
    ]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("update hotel.booking set status = :to", ["lint-raw-update"], id=":name"),
        pytest.param("update hotel.booking set status = %s", ["lint-raw-update"], id="%s"),
        pytest.param(
            "delete from hotel.booking where id in :ids", ["lint-raw-delete"], id="in :ids"
        ),
        pytest.param("select 'a:b', x::text, y[1:2] from t where z like '50%%'", [], id="no names"),
        pytest.param('update "hotel"."booking" set "status" = 1', ["lint-raw-update"], id="quoted"),
        pytest.param('update hotel."Booking" set status = 1', [], id="another table"),
        pytest.param("UPDATE ONLY HOTEL.BOOKING SET STATUS = 1", ["lint-raw-update"], id="upper"),
        pytest.param("update hotel.booking as b set status = 1", ["lint-raw-update"], id="alias"),
        pytest.param("set status = 1", [], id="a setting that is called so"),
        pytest.param("/* update hotel.booking set status = 1 */", [], id="comment"),
        pytest.param("", [], id="nothing"),
        pytest.param(
            "create or replace rule r as on delete to hotel.booking do instead nothing",
            ["lint-rule"],
            id="rule",
        ),
    ],
)
def test_sql_is_read_as_drivers_send_it(text: str, rules: list[str]) -> None:
    assert codes("m.sql", text) == rules


DJANGO = "from django.db import migrations\nfrom depot.fixes import fix\n\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            f"from depot.fixes import fix\n{HEAD}\ndef upgrade():\n    fix(op)\n",
            "m.py:6:5: a function of another file",
            id="Alembic, given op",
        ),
        pytest.param(
            f"from depot.fixes import fix\n{HEAD}\ndef upgrade():\n    fix(bind=op.get_bind())\n",
            "m.py:6:5: a function of another file",
            id="Alembic, given a connection",
        ),
        pytest.param(
            f"{HEAD}\ndef upgrade():\n    op.invoke(ops.DropColumnOp('booking', 'status'))\n",
            "m.py:5:5: an operation that is put together here",
            id="invoke",
        ),
        pytest.param(
            f"{HEAD}\ndef upgrade():\n    Base.metadata.drop_all(op.get_bind())\n",
            "m.py:5:5: all tables of a metadata are dropped",
            id="drop_all",
        ),
        pytest.param(
            f"from app.models import Booking\n{HEAD}\ndef upgrade():\n"
            "    session = sa.orm.Session(op.get_bind())\n"
            "    for row in session.query(Booking):\n        row.status = 'DONE'\n",
            "m.py:8:9: the table is not known here",
            id="a mapped class",
        ),
        pytest.param(
            f"{DJANGO}class Migration(migrations.Migration):\n"
            "    operations = [migrations.RunPython(fix, migrations.RunPython.noop)]\n",
            "m.py:5:19: a function of another file",
            id="RunPython",
        ),
        pytest.param(
            f"{DJANGO}class Quiet(migrations.RunSQL):\n    pass\n\n"
            "class Migration(migrations.Migration):\n    operations = [Quiet('select 1')]\n",
            "m.py:8:19: an operation that the file itself declares",
            id="an operation of one's own",
        ),
    ],
)
def test_what_another_file_does_is_named(text: str, told: str) -> None:
    outcome = Outcome()

    lint([Source("m.py", text)], SPEC.machines, outcome)

    assert [str(it).partition(";")[0] for it in outcome.unread] == [told]


@pytest.mark.parametrize(
    "body",
    [
        "print(op.get_bind())",
        "logging.info('%s', op.get_bind())",
        "sa.inspect(op.get_bind()).get_table_names()",
        "session = orm.Session(bind=op.get_bind())",
    ],
)
def test_what_only_looks_is_not_named(body: str) -> None:
    before = "import logging\nfrom sqlalchemy import orm\n"
    outcome = Outcome()

    lint([Source("m.py", f"{before}{HEAD}\ndef upgrade():\n    {body}\n")], SPEC.machines, outcome)

    assert outcome.unread == []


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_of_sql_fail(text: str) -> None:
    read_file(text.replace("\0", ""))


_MARKS = ("$$", "$a$", "--", "/*", "*/", "\\.", "\\x", "%s", ":a", *";'\"()\n")
_WORDS = (
    "select 1",
    "do",
    "begin",
    "end",
    "copy a from stdin",
    "update hotel.booking set status = 1",
)
_PIECES = st.sampled_from([*_MARKS, *_WORDS])


@given(st.lists(_PIECES, max_size=15).map(" ".join))
def test_no_pieces_of_sql_make_it_fail(text: str) -> None:
    codes("m.sql", text)
