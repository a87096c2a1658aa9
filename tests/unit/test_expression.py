"""Expressions: one condition over one row gets through, and nothing else does."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pginterlock.expression import ExpressionError, demands, orderings, parse, rewrite
from pginterlock.names import field, ident


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        pytest.param("payment_captured_at is not null", ("payment_captured_at",), id="null test"),
        pytest.param("check_out > check_in", ("check_out", "check_in"), id="order of first use"),
        pytest.param("a > 1 or b > a", ("a", "b"), id="each column once"),
        pytest.param("Deposit > 0", ("deposit",), id="names fold as PostgreSQL folds them"),
        pytest.param('"Deposit" > 0', ("Deposit",), id="quoted names stay"),
        pytest.param('"a""b" is null', ('a"b',), id="a quote in a name"),
        pytest.param("größe > 0 and 'ß' = straße", ("größe", "straße"), id="not ASCII"),
        pytest.param("paid", ("paid",), id="a boolean column"),
        pytest.param("not paid", ("paid",), id="not"),
        pytest.param("a::date > b::pg_catalog.date", ("a", "b"), id="casts"),
        pytest.param("case when a then b else c end", ("a", "b", "c"), id="case"),
        pytest.param("a in ('x', 'y')", ("a",), id="in"),
        pytest.param("a between b and c", ("a", "b", "c"), id="between"),
        pytest.param("a = any(array['x', 'y'])", ("a",), id="any of an array"),
        pytest.param("coalesce(a, b) is not null", ("a", "b"), id="coalesce"),
        pytest.param("nullif(a, '') is null", ("a",), id="nullif"),
        pytest.param("(a, b) < (c, d)", ("a", "b", "c", "d"), id="row comparison"),
        pytest.param("a is distinct from b", ("a", "b"), id="is distinct from"),
        pytest.param("a > interval '2 days'", ("a",), id="typed literal"),
        pytest.param('a collate "C" > b', ("a", "b"), id="collate"),
        pytest.param("extract(year from a) > 2000", ("a",), id="extract"),
        pytest.param("(a, b) overlaps (c, d)", ("a", "b", "c", "d"), id="overlaps"),
        pytest.param("a at time zone 'UTC' > b", ("a", "b"), id="at time zone"),
        pytest.param("(address).city = 'Rome'", ("address",), id="field of a composite column"),
        pytest.param("prices[1] > 0", ("prices",), id="item of an array column"),
        pytest.param("data ->> 'paid' = 'yes'", ("data",), id="operators of json"),
        pytest.param("name like 'a;--%'", ("name",), id="what looks bad but is inside quotes"),
        pytest.param(r"name = E'it\'s'", ("name",), id="escapes that no setting changes"),
        pytest.param("name = $$it's$$", ("name",), id="dollar quotes"),
        pytest.param("word = 'today'::text", ("word",), id="the word today"),
        pytest.param("age(a, b) > '1 day'", ("a", "b"), id="age between two columns"),
        pytest.param("true", (), id="a constant"),
        pytest.param("a\n  or b", ("a", "b"), id="several lines"),
        pytest.param("(" * 500 + "a" + ")" * 500, ("a",), id="many parentheses"),
        pytest.param(" or ".join(["a = 1"] * 1000), ("a",), id="a thousand alternatives"),
    ],
)
def test_conditions_over_a_row_are_read(text: str, columns: tuple[str, ...]) -> None:
    assert parse(text).columns == columns
    assert parse(text).text == text


def test_functions_are_told() -> None:
    assert parse("lower(a) = upper(b) and lower(c) > ''").functions == ("lower", "upper")


@pytest.mark.parametrize(
    ("text", "said", "offset"),
    [
        pytest.param("", "missing", 0, id="nothing"),
        pytest.param(" \n ", "missing", 0, id="space"),
        pytest.param("1=1) or (1=1", r'syntax error at or near "\)"', 3, id="closes what we open"),
        pytest.param("a; drop table t", "semicolon", 1, id="a second statement"),
        pytest.param("a;", "semicolon", 1, id="a semicolon at the end"),
        pytest.param("a --", "comment", 2, id="a comment that swallows what follows"),
        pytest.param("a /* b */", "comment", 2, id="a comment"),
        pytest.param("/* only */", "comment", 0, id="nothing but a comment"),
        pytest.param("a or or b", 'syntax error at or near "or"', 5, id="a syntax error"),
        pytest.param("ä = 'ö' or or b", 'near "or"', 11, id="counted in characters, not bytes"),
        pytest.param("a or", "not complete", 2, id="an operand is missing"),
        pytest.param("(a", "not complete", 1, id="a parenthesis is missing"),
        pytest.param("a = 'x", "unterminated", 4, id="a quote is missing"),
        pytest.param("a, b", "more than one expression", 3, id="two expressions"),
        pytest.param("a as b", "'b' does not belong", 5, id="a name for it"),
        pytest.param("a b", "'b' does not belong", 2, id="a name for it without as"),
        pytest.param("a from t", "from does not belong", 2, id="from"),
        pytest.param("a where b", "where does not belong", 2, id="where"),
        pytest.param("a group by b", "group does not belong", 2, id="group by"),
        pytest.param("a having b", "having does not belong", 2, id="having"),
        pytest.param("a order by b", "order does not belong", 2, id="order by"),
        pytest.param("a limit 1", "limit does not belong", 2, id="limit"),
        pytest.param("a offset 1", "offset does not belong", 2, id="offset"),
        pytest.param("a into b", "into does not belong", 2, id="into"),
        pytest.param("a for update", "for does not belong", 2, id="for update"),
        pytest.param("a window w as ()", "window does not belong", 2, id="window"),
        pytest.param("a union select b", "another select", 0, id="union"),
        pytest.param("distinct a", "distinct does not belong", 0, id="distinct"),
        pytest.param("all a", "syntax error", 0, id="all, which is a target but no expression"),
        pytest.param("*", "a column is written alone", 0, id="all columns"),
        pytest.param("b.status = 'X'", "a column is written alone", 0, id="column of a table"),
        pytest.param("new.status = 'X'", "a column is written alone", 0, id="new"),
        pytest.param("(a).* is null", "a row as a whole", 1, id="all fields of a column"),
        pytest.param("a = $1", "a parameter", 4, id="a parameter"),
        pytest.param("a in (select b from c)", "a subquery", 2, id="subquery with in"),
        pytest.param("exists (select 1)", "a subquery", 0, id="subquery with exists"),
        pytest.param("(select true)", "a subquery", 0, id="nothing but a subquery"),
        pytest.param("b = array(select 1)", "a subquery", 4, id="subquery as an array"),
        pytest.param("a = 1 and count(*) > 1", "an aggregate", 10, id="aggregate with a star"),
        pytest.param("max(a) > 1", "an aggregate", 0, id="aggregate"),
        pytest.param("bool_and(a) filter (where b)", "an aggregate", 0, id="aggregate, filtered"),
        pytest.param("f(distinct a)", "an aggregate", 0, id="an unknown aggregate, by its form"),
        pytest.param("json_arrayagg(a) is null", "an aggregate", 0, id="aggregate of JSON"),
        pytest.param("row_number() over () = 1", "a window function", 0, id="window function"),
        pytest.param("rank() = 1", "a window function", 0, id="window function, bare"),
        pytest.param("generate_series(1, a) > 1", "many rows", 0, id="a function of many rows"),
        pytest.param("grouping(a) = 1", "a grouping function", 0, id="grouping"),
        pytest.param("at > now()", r"now\(\) depends on time", 5, id="now"),
        pytest.param("at > pg_catalog.now()", r"now\(\) depends", 5, id="now by its full name"),
        pytest.param("at > current_timestamp", "changes with time", 5, id="current_timestamp"),
        pytest.param("on_ > current_date", "changes with time", 6, id="current_date"),
        pytest.param("a = current_user", "changes with time or session", 4, id="current_user"),
        pytest.param("random() > 0.5", "depends on time", 0, id="random"),
        pytest.param("nextval('s') > 1", "depends on time", 0, id="nextval"),
        pytest.param("current_setting('a.b') = 'on'", "session", 0, id="a setting"),
        pytest.param("pg_sleep(1) is null", "depends on time", 0, id="pg_ functions"),
        pytest.param("query_to_xml('x', a, a, '') is null", "depends", 0, id="SQL inside a text"),
        pytest.param("has_table_privilege('t', 'x')", "catalog", 0, id="privileges"),
        pytest.param("age(born) > '18 years'", "today", 0, id="age until today"),
        pytest.param("a at local > b", "time zone of the session", 0, id="at local"),
        pytest.param("d > 'today'", "a moment that passes", 4, id="today, not typed"),
        pytest.param("d > 'today'::date", "a moment that passes", 4, id="today, cast"),
        pytest.param("at > timestamptz ' NOW '", "a moment that passes", 17, id="now, typed"),
        pytest.param("d in ('x', 'tomorrow')", "a moment that passes", 11, id="in a list"),
        pytest.param("a = 'x'::regclass", "depends on the catalog", 9, id="a type of the catalog"),
        pytest.param("is_paid(a)", None, 0, id="an unqualified function is the server's to judge"),
        pytest.param("hotel.is_paid(a)", "not PostgreSQL's own", 0, id="function of a schema"),
        pytest.param("a operator(hotel.=) b", "not PostgreSQL's own", 2, id="operator of a schema"),
        pytest.param("a = 'x'::hotel.kind", "not PostgreSQL's own", 9, id="type of a schema"),
        pytest.param('a collate hotel."x" > b', "not PostgreSQL's own", 2, id="collation of one"),
        pytest.param("a = null", "nothing equals null", 2, id="equals null"),
        pytest.param("null <> a", "nothing equals null", 5, id="differs from null"),
        pytest.param(r"a = '\'", "depends on a setting", 4, id="backslash in a plain string"),
        pytest.param(r"""U&"d\0061t" = 1""", "depends on a setting", 0, id="escaped name"),
        pytest.param(r"a = U&'\0061'", "depends on a setting", 4, id="escaped string"),
        pytest.param("a = 'x\ny'", "a line break in quotes", 4, id="line break in a string"),
        pytest.param("x" * 64 + " > 1", "longer than 63 bytes", 0, id="a name that would be cut"),
        pytest.param('"' + "ä" * 32 + '" > 1', "longer than 63 bytes", 0, id="counted in bytes"),
        pytest.param("a = '\0'", "cannot store", 5, id="a null character"),
        pytest.param("a = '\ud800'", "cannot store", 5, id="half a surrogate"),
        pytest.param("f(x => a)", "a named argument", 2, id="named argument"),
        pytest.param("default", "default is not allowed", 0, id="default"),
        pytest.param("xmlforest(a) is null", "XML", 0, id="XML"),
        pytest.param("+ " * 200 + "a > 1", "nested too deeply", 0, id="nested deeply"),
        pytest.param("not " * 3000 + "a", "longer than|nested", None, id="too long"),
    ],
)
def test_anything_else_is_refused_with_its_place(
    text: str, said: str | None, offset: int | None
) -> None:
    if said is None:
        assert parse(text).functions == ("is_paid",)
        return

    with pytest.raises(ExpressionError, match=said) as refused:
        parse(text)

    assert offset is None or refused.value.offset == offset


@given(text=st.text(max_size=40))
@example(text="a)--")
@example(text="'\\'")
@example(text="\x1c")
def test_any_text_is_read_or_refused_with_a_place_inside_it(text: str) -> None:
    offset = 0
    try:
        parse(text)
    except ExpressionError as error:
        offset = error.offset

    assert 0 <= offset <= max(len(text) - 1, 0)


SNIPPETS = ["a", "1", "'x'", "(", ")", "or", "and", "not", ";", "--", "/*", "*/", "select", "from"]
SNIPPETS += ["'", '"', "$$", "is null", ",", "=", "::text", "case", "end", "$1", "\n", "all", "*"]


@given(words=st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=9))
def test_what_is_read_means_the_same_in_parentheses(words: list[str]) -> None:
    text = " ".join(words)
    try:
        parse(text)
    except ExpressionError:
        return

    assert parse(f"({text})").columns == parse(text).columns
    assert parse(f"(({text}) is true) is not false").columns == parse(text).columns


COLUMN = st.text(
    st.characters(exclude_characters="\0\n\r", exclude_categories=["Cs"]), min_size=1, max_size=15
)
SHAPES = [
    "{} is null",
    "({} = 'ß{{' or {} > 1)",
    "coalesce({}, {}) = 'new.x'",
    "lower({}) like '%'",
]


@given(columns=st.lists(COLUMN, min_size=2, max_size=2), shapes=st.lists(st.sampled_from(SHAPES)))
@example(columns=['"', "new"], shapes=SHAPES)
def test_rewriting_touches_columns_and_nothing_else(columns: list[str], shapes: list[str]) -> None:
    text = " and ".join(["true", *(shape.format(*map(ident, columns)) for shape in shapes)])
    wanted = " and ".join(
        ["true", *(shape.format(*(field("new", c) for c in columns)) for shape in shapes)]
    )

    assert rewrite(text, lambda column: field("new", column)) == wanted


@given(columns=st.lists(COLUMN, min_size=2, max_size=2), shapes=st.lists(st.sampled_from(SHAPES)))
def test_rewriting_columns_to_themselves_keeps_them(columns: list[str], shapes: list[str]) -> None:
    text = " and ".join(["true", *(shape.format(*map(ident, columns)) for shape in shapes)])

    assert parse(rewrite(text, ident)).columns == parse(text).columns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Check_Out>check_in", "new.check_out>new.check_in", id="folded"),
        pytest.param("'a' = a", "'a' = new.a", id="a string is left alone"),
        pytest.param("(a).b = 1", "(new.a).b = 1", id="a field is left alone"),
        pytest.param("lower(lower)", "lower(new.lower)", id="a function is left alone"),
        pytest.param("a::a > 1", "new.a::a > 1", id="a type is left alone"),
        pytest.param("ä='ä'or ä$1>a", 'new."ä"=\'ä\'or new."ä$1">new.a', id="not ASCII"),
        pytest.param("extract(year from year)=1", "extract(year from new.year)=1", id="a keyword"),
    ],
)
def test_rewriting(text: str, expected: str) -> None:
    assert rewrite(text, lambda column: field("new", column)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a is not null", [("a", True)], id="not null"),
        pytest.param("a is null and b is not null", [("a", False), ("b", True)], id="two"),
        pytest.param("a is null or b is null", [], id="an alternative asks for nothing"),
        pytest.param("((a is null) and (b > c and d))", [("a", False), ("b", True), ("c", True),
                     ("d", True)], id="nested conjuncts"),
        pytest.param("a > 0", [("a", True)], id="a comparison does not hold with null"),
        pytest.param("a in (1, 2)", [("a", True)], id="nor does in"),
        pytest.param("a between 1 and 2", [("a", True)], id="nor between"),
        pytest.param("not paid", [("paid", True)], id="nor not"),
        pytest.param("a is distinct from 1", [], id="is distinct from does"),
        pytest.param("coalesce(a, 0) > 0", [], id="what a function makes of it is unknown"),
        pytest.param("not (a is null)", [], id="a negated test is not looked into"),
    ],
)  # fmt: skip
def test_what_a_condition_asks_of_single_columns(
    text: str, expected: list[tuple[str, bool]]
) -> None:
    assert demands(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a < b", [("a", "b")], id="less"),
        pytest.param("a >= b", [("b", "a")], id="greater or equal"),
        pytest.param("a < b and b <= c", [("a", "b"), ("b", "c")], id="two conjuncts"),
        pytest.param("a < b or a is null", [], id="an alternative"),
        pytest.param("a < 1", [], id="a constant"),
        pytest.param("a < any(b)", [], id="an array"),
        pytest.param("a = b", [], id="equal"),
    ],
)
def test_the_order_that_a_condition_asks_for(text: str, expected: list[tuple[str, str]]) -> None:
    assert orderings(text) == expected
