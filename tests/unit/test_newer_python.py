"""Python newer than the interpreter: each form is read as an older one, at its line."""

import ast
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scan_projects import DJANGO, lay, places, run

from pginterlock.newer_python import parse, respelled

FORMS = [
    pytest.param("type X = int", "X = int", id="type"),
    pytest.param("type Pair[T: (int, 'a]')] = tuple[T, T]", "Pair = tuple[T, T]", id="type of one"),
    pytest.param("type = x[type in y]\ntype.z = 3", None, id="type as a name"),
    pytest.param("def f[T: int = bool](x: T) -> T: ...", "def f(x: T) -> T: ...", id="a function"),
    pytest.param("async def f[*Ts, **P](): ...", "async def f(): ...", id="an async function"),
    pytest.param("class C[T]: ...", "class C: ...", id="a class"),
    pytest.param(
        "class C[\n    T,  # ]\n\n    U\n](Base): ...", "class C(Base): ...", id="a class in lines"
    ),
    pytest.param('f"{d["a"]}"', "f\"{d['a']}\"", id="its own quote"),
    pytest.param('f"{f"{f"{1 + 1}"}"}"', "f'''{f\"\"\"{f'{1 + 1}'}\"\"\"}'''", id="three deep"),
    pytest.param("f'{\"\\n\".join(a)}'", "f'''{\"\"\"\n\"\"\".join(a)}'''", id="a backslash"),
    pytest.param('f"{\n  a  # }\n  ["k"]\n}"', "f\"{a['k']}\"", id="lines and a comment"),
    pytest.param(
        'f"""{d["""a"""]}\n{b:>{w["""n"""]}}"""', "f'''{d['a']}\n{b:>{w['n']}}'''", id="long"
    ),
    pytest.param('f"{a != d["b"]!r:%H:%M}"', "f\"{a != d['b']!r:%H:%M}\"", id="with a format"),
    pytest.param('f"{d["a"] = }"', "f\"{d['a']}\"", id="for debugging"),
    pytest.param('f"\\{d["a"]}" "{d["', 'f"\\\\{d[\'a\']}" "{d["', id="no escape"),
    pytest.param('rf"\\{d["a"]}\\""', 'rf"\\{d[\'a\']}\\""', id="raw"),
    pytest.param('f"{{{d["a"]}}} \\N{DIGIT ONE}"', "f\"{{{d['a']}}} 1\"", id="braces and names"),
    pytest.param("t\"{x} y\" + Rt'{z}'", "f\"{x} y\" + f'{z}'", id="a template"),
    pytest.param('t\'{"""a""""#" # outside\n}\'', "f'{\"a#\"}'", id="a template in lines"),
    pytest.param("try: x\nexcept A, b.C: y", "try: x\nexcept (A, b.C): y", id="except"),
    pytest.param("try: x\nexcept* A, B: y", "try: x\nexcept* (A, B): y", id="except*"),
    pytest.param("lazy import x", "import x", id="a lazy import"),
    pytest.param("lazy from x import y", "from x import y", id="a lazy import of one"),
]


@pytest.mark.parametrize(("newer", "older"), FORMS)
def test_a_form_is_read_as_the_older_one(newer: str, older: str | None) -> None:
    read = respelled if older else parse
    assert ast.unparse(read(newer)) == ast.unparse(ast.parse(older or newer))


@pytest.mark.parametrize("newer", [it.values[0] for it in FORMS])
def test_lines_stay_where_they_are(newer: object) -> None:
    text = f"{newer}\nlast = 1  # no newer\n{newer}"

    tree = parse(f"type New = int\n{text}")

    last = [it for it in tree.body if isinstance(it, ast.Assign) and it.targets[0].lineno]
    [found] = [it for it in last if ast.unparse(it) == "last = 1"]
    assert found.lineno == text.split("\n").index("last = 1  # no newer") + 2
    assert all(it.lineno <= tree.body[-1].lineno for it in tree.body)


def test_what_stands_in_braces_is_at_its_place() -> None:
    tree = parse('x = f"{a}" f"{d["a"]}{\nd["b"]}"\ny = 1')

    keys = {it.value: it for it in ast.walk(tree) if isinstance(it, ast.Constant)}
    assert (keys["a"].lineno, keys["b"].lineno) == (1, 2)
    assert [it.lineno for it in tree.body] == [1, 3]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param('type X = int\n\nprint "x"', 3, id="a line of Python 2"),
        pytest.param('y = 1\nx = f"{d["a"] +}"', 2, id="in braces"),
        pytest.param("try: x\nexcept A, B as e: y", 2, id="several with a name"),
        pytest.param("type X", 1, id="half an alias"),
        pytest.param("\nclass C[T", 2, id="no end"),
        pytest.param('x = t"{', 1, id="no end of a string"),
    ],
)
def test_what_is_wrong_is_told_at_its_line(text: str, line: int) -> None:
    with pytest.raises(SyntaxError) as told:
        parse(text)

    assert told.value.lineno == line


PIECES = st.sampled_from([
    *"\"'{}:!=\\ \n[](),#*x", 'f"', "t'", '"""', "f'''", "{{", "!r", "type X", "def f[", "class C[",
    "except ", "except* ", " as ", "lazy import ", "\\N{", "try:\n", "  ",
])  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_text_is_read_or_is_a_syntax_error(text: str) -> None:
    try:
        tree = parse(text)
    except SyntaxError:
        return
    last = text.count("\n") + 1
    assert all(getattr(it, "lineno", 1) <= last for it in ast.walk(tree))


def test_sites_are_found_in_newer_python(tmp_path: Path) -> None:
    marked = lay(
        tmp_path,
        textwrap.dedent(DJANGO)
        + """
=== shop/work.py
lazy from shop.models import Order

type Key = int | str


class Desk[T]:
    def pay[K: (int, str) = int](self, pk: Key, words: dict[str, str]):
        order = Order.objects.get(pk=pk)
        told = f"{words["paid"]} {"\\n".join(
            words
        )}"
        try:
            order.status = "paid"  # WRITE
        except ValueError, TypeError:
            print(t"{told} {order.pk}")
        order.save()
""",
    )

    found = run(tmp_path)

    assert found.unread == []
    assert places(tmp_path, found.sites) == marked
    assert [it.enclosing for it in found.sites] == ["Desk.pay"]
    assert [it.values for it in found.sites] == [("paid",)]


def test_sql_is_found_in_newer_strings(tmp_path: Path) -> None:
    lay(
        tmp_path,
        DJANGO
        + '''
=== shop/work.py
def pay(cursor, names):
    cursor.execute(f"update {names["order"]} set note = {"\\\\n"!r}")
    cursor.execute(
        f"""update shop_order set status = 'paid' where id in ({", ".join(f"{it["id"]}"
            for it in names)})"""
    )
''',
    )

    found = run(tmp_path)

    assert found.unread == []
    assert [(it.line, it.values) for it in found.sites] == [(4, ("paid",))]
