"""Writes in texts of SQL: what they write, where they stand, and what is none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock.scan.site import Transaction
from pginterlock.scan.sql_write import SqlVerb, SqlWrite
from pginterlock.scan.sql_writes import sql_writes

# A text, and of each write the verb, the table, and the columns with their values.
Short = tuple[str, str, tuple[tuple[str, str | None], ...]]


def short(text: str) -> list[Short]:
    return [(it.verb.value, it.table, it.columns) for it in sql_writes(text)]


def one(text: str) -> SqlWrite:
    (found,) = sql_writes(text)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "update job set status = 'done'",
            [("update", "job", (("status", "done"),))],
            id="update",
        ),
        pytest.param(
            'UPDATE ONLY hotel."Job" AS j SET status = NULL, n = 3, w = true, v = 1.5, s = -1',
            [
                (
                    "update",
                    "hotel.Job",
                    (("status", "null"), ("n", "3"), ("w", "true"), ("v", "1.5"), ("s", "-1")),
                )
            ],
            id="only, alias, quotes",
        ),
        pytest.param(
            "update t set (a, b) = ('x', $2)",
            [("update", "t", (("a", "x"), ("b", None)))],
            id="row",
        ),
        pytest.param(
            "update t set (a, b) = (select 1, 2)",
            [("update", "t", (("a", None), ("b", None)))],
            id="row of a subquery",
        ),
        pytest.param(
            "update t set a = 'x'::state, b = cast('y' as text)",
            [("update", "t", (("a", "x"), ("b", "y")))],
            id="casts",
        ),
        pytest.param(
            "update t set a = case when b then 'x' when c then 'y' else a end",
            [("update", "t", (("a", "x"), ("a", "y")))],
            id="case that may leave it",
        ),
        pytest.param(
            "update t set a = case when b then 'x' end",
            [("update", "t", (("a", "x"), ("a", "null")))],
            id="case without else",
        ),
        pytest.param("update t set a = default", [("update", "t", (("a", None),))], id="default"),
        pytest.param(
            "update t set a = lower('X')", [("update", "t", (("a", None),))], id="expression"
        ),
        pytest.param(
            "update t set a = u.b from u where u.id = t.id",
            [("update", "t", (("a", None),))],
            id="from",
        ),
        pytest.param(
            "insert into t (a, b) values ('x', 1), ('y', default)",
            [("insert", "t", (("a", "x"), ("b", "1"), ("a", "y")))],
            id="rows",
        ),
        pytest.param(
            "insert into t (a, b) select 'x', c from s where c > 1",
            [("insert", "t", (("a", "x"), ("b", None)))],
            id="select",
        ),
        pytest.param(
            "insert into t (a, b) select * from s",
            [("insert", "t", (("a", None), ("b", None)))],
            id="select of a star",
        ),
        pytest.param(
            "insert into t (a, b) select 'x', 1 union all select 'y', 2",
            [("insert", "t", (("a", None), ("b", None)))],
            id="union",
        ),
        pytest.param(
            "insert into t (a, b) values %s",
            [("insert", "t", (("a", None), ("b", None)))],
            id="one parameter for all columns",
        ),
        pytest.param(
            "insert into t (a, b) values ('n', 1) on conflict (b) do update set a = excluded.a",
            [("upsert", "t", (("a", "n"), ("b", "1")))],
            id="upsert of the same value",
        ),
        pytest.param(
            "insert into t (b) values (1) on conflict (b) do update set a = 'z'",
            [("upsert", "t", (("b", "1"), ("a", "z")))],
            id="upsert of another column",
        ),
        pytest.param(
            "insert into t (b) values (1) on conflict do nothing",
            [("insert", "t", (("b", "1"),))],
            id="do nothing",
        ),
        pytest.param(
            "merge into t using s on t.i = s.i when matched and t.a = 'q' then update set a = 'x'"
            " when not matched then insert (i, a) values (s.i, 'n')",
            [("merge", "t", (("a", "x"),)), ("merge", "t", (("i", None), ("a", "n")))],
            id="merge",
        ),
        pytest.param(
            "copy t (a, b) from stdin", [("copy", "t", (("a", None), ("b", None)))], id="copy"
        ),
        pytest.param("delete from t where a = 'x'", [("delete", "t", ())], id="delete"),
        pytest.param(
            "with gone as (delete from t returning *), more as (update u set a = 'x' returning *)"
            " insert into v (b) select 'y' from gone",
            [
                ("delete", "t", ()),
                ("update", "u", (("a", "x"),)),
                ("insert", "v", (("b", "y"),)),
            ],
            id="with clauses",
        ),
        pytest.param(
            "update a set x = 1; select 1; update b set y = 2;",
            [("update", "a", (("x", "1"),)), ("update", "b", (("y", "2"),))],
            id="several statements",
        ),
        pytest.param(
            "update a set x = 1; this is no SQL at all; update b set y = 2",
            [("update", "a", (("x", "1"),)), ("update", "b", (("y", "2"),))],
            id="beside what does not parse",
        ),
        pytest.param(
            "explain analyze update t set a = 'x'", [("update", "t", (("a", "x"),))], id="explain"
        ),
        pytest.param("prepare p as update t set a = 'x'", [("update", "t", (("a", "x"),))], id="p"),
        pytest.param(
            "create rule r as on insert to v do instead insert into t (s) values ('a')",
            [("insert", "t", (("s", "a"),))],
            id="rule",
        ),
        pytest.param(
            "create table x as with q as (update t set a = 'x' returning *) select * from q",
            [("update", "t", (("a", "x"),))],
            id="create table as",
        ),
        pytest.param(
            "update t set a = 'ü' where é = 'ß'; update u set b = 'x'",
            [("update", "t", (("a", "ü"),)), ("update", "u", (("b", "x"),))],
            id="letters of several bytes",
        ),
        pytest.param(
            "\0update t set a = 'x'", [("update", "t", (("a", "x"),))], id="a null character"
        ),
    ],
)
def test_what_postgresqls_grammar_reads(text: str, expected: list[Short]) -> None:
    assert short(text) == expected
    assert all(it.is_sure for it in sql_writes(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ; ; ",
        "select 1",
        "select * from t for update",
        "select * from t for update of t skip locked",
        "select * from t where a in ('update t set a = 1')",
        "select 'update t set a = 1'",
        "-- update t set a = 1\nselect 1",
        "/* insert into t (a) values (1) */ select 1",
        "copy t to stdout",
        "copy (select * from t) to '/tmp/x'",
        "alter table t add foreign key (a) references b on update set null on delete cascade",
        "create trigger x before insert or update of a on t for each row execute function f()",
        "create or replace view v as select 1",
        "grant select, insert, update on t to r",
        "Update the row and set the flag to done",
        "update status set",
        "insert into job resources.",
        "Merge into the list using the keys",
        "copy files from there",
        "please insert into the (optional) list",
        "Could not update or set default",
        "replace into",
    ],
)
def test_what_is_no_write(text: str) -> None:
    assert sql_writes(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "update `t` set `a` = ?, b = 'q' where c = 'r' limit 1",
            ("update", "t", (("a", None), ("b", "q"))),
            id="backticks",
        ),
        pytest.param(
            "update [dbo].[t] set [a] = @p1", ("update", "dbo.t", (("a", None),)), id="[]"
        ),
        pytest.param(
            "update t join u on t.i = u.i set t.a = 'x' where u.b = 1",
            ("update", "t", (("a", "x"),)),
            id="join",
        ),
        pytest.param(
            "insert or replace into t (a, b) values (?, 'x')",
            ("insert", "t", (("a", None), ("b", "x"))),
            id="or replace",
        ),
        pytest.param(
            "insert ignore into t set a = 1, b = 'c'",
            ("insert", "t", (("a", "1"), ("b", "c"))),
            id="insert set",
        ),
        pytest.param(
            "replace into t (a) values ('x')", ("insert", "t", (("a", "x"),)), id="replace"
        ),
        pytest.param(
            "insert into `t` (a) values ('x') on duplicate key update a = 'y'",
            ("upsert", "t", (("a", "x"), ("a", "y"))),
            id="duplicate key",
        ),
        pytest.param(
            "merge t as x using s on 1 = 1 when matched then update set x.a = 'v'",
            ("merge", "t", (("a", "v"),)),
            id="merge without into",
        ),
        pytest.param(
            "update t set a = case when b then 'x' else 'y' end where c = 1 limit 5",
            ("update", "t", (("a", "x"), ("a", "y"))),
            id="case",
        ),
        pytest.param(
            "update t set a = 'it''s', b = coalesce(c, 'd') order by id",
            ("update", "t", (("a", "it's"), ("b", None))),
            id="values",
        ),
        pytest.param(
            "update t set a = 'b' {where} {limit}", ("update", "t", (("a", "b"),)), id="filled end"
        ),
        pytest.param(
            "update t set (a, b) = (1, 2) limit 1",
            ("update", "t", (("a", None), ("b", None))),
            id="row",
        ),
    ],
)
def test_other_dialects_are_read_word_by_word(text: str, expected: Short) -> None:
    assert short(text) == [expected]
    assert not one(text).is_sure


@pytest.mark.parametrize(
    "hole",
    [
        "%s",
        "%(status)s",
        "$1",
        ":status",
        "?",
        "{status}",
        "{}",
        "{0}",
        "{{ status }}",
        "${x}",
        "$x",
    ],
)
def test_a_value_that_is_filled_in_is_not_known_but_told(hole: str) -> None:
    found = one(f"update job set status = {hole}, n = 1 where id = {hole}")

    assert found.columns == (("status", None), ("n", "1"))
    assert found.holes == (("status", hole),)
    assert found.is_sure


@pytest.mark.parametrize("hole", ["%s", "%(status)s", "{status}", "{{ status }}"])
def test_a_value_that_is_filled_in_between_quotes_is_not_known(hole: str) -> None:
    found = one(f"update job set status = '{hole}' where was = '{hole}'")

    assert (found.columns, found.holes) == ((("status", None),), (("status", hole),))
    assert found.where == ()


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("update {table} set a = 'x'", "{table}"),
        ("update {schema}.{table} set a = 'x'", "{schema}.{table}"),
        ("update {prefix}_jobs set a = 'x'", "{prefix}_jobs"),
        ("update \"{table}\" set a = 'x'", "{table}"),
        ("update %s set a = 'x'", "%s"),
        ("insert into $table (a) values ('x')", "$table"),
        ("insert into {{ table }} (a) values ('x')", "{{ table }}"),
        ("insert into {self.table} (a) values ('x') {on_conflict}", "{self.table}"),
    ],
)
def test_a_table_that_is_filled_in_is_told_as_written(text: str, table: str) -> None:
    assert one(text).table == table
    assert one(text).columns == (("a", "x"),)


@pytest.mark.parametrize(
    "text",
    [
        "update t set {assignments} where id = 1",
        "update t set a = 1, {more}",
        "update t set {column} = 'x'",
        "insert into t ({columns}) values ({values})",
    ],
)
def test_columns_that_are_filled_in_are_some(text: str) -> None:
    assert one(text).some_columns


def test_tags_of_templates_are_passed_over() -> None:
    text = "{% if x %}update t set a = 'b'{% endif %}{# update u set c = 1 #} where {{ cond }}"

    assert short(text) == [("update", "t", (("a", "b"),))]


def test_braces_and_percents_of_values_are_no_holes() -> None:
    found = one("""update t set a = '{}', b = '{"k": 1}', c = '50%' where d like '%staff'""")

    assert found.columns == (("a", "{}"), ("b", '{"k": 1}'), ("c", "50%"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a = 'x'", (("a", ("x",)),)),
        ("a in ('x', 'y') and b = 1", (("a", ("x", "y")), ("b", ("1",)))),
        ("a = 'x' or a = 'y'", (("a", ("x", "y")),)),
        ("a = 'x' or b = 'y'", ()),
        ("a is null", (("a", ("null",)),)),
        ("a <> 'x'", ()),
        ("not a = 'x'", ()),
        ("a not in ('x')", ()),
        ("t.a = 'x' and u.a = 'y'", (("a", ("x",)),)),
        ("a = 'x'::state", (("a", ("x",)),)),
        ("a = %s", ()),
        ("a in ('x', %s)", ()),
        ("id in (select id from t where a = 'x' limit 1 for update)", (("a", ("x",)),)),
        ("id = (select v.id from t v join u on u.i = v.i where v.a = 'x')", (("a", ("x",)),)),
        ("id = any (select id from t where a = 'x')", (("a", ("x",)),)),
        ("parent in (select id from t where a = 'x')", ()),
        ("id not in (select id from t where a = 'x')", ()),
        ("id in (select id from u where a = 'x')", ()),
        ("id in (select id from t where a = 'x' union select 1)", ()),
    ],
)
def test_the_states_that_a_row_comes_from(text: str, where: object) -> None:
    assert one(f"update t set s = 'z' where {text}").where == where
    assert one(f"delete from t where {text}").where == where


@pytest.mark.parametrize(
    ("join", "where"),
    [
        ("from c where t.id = c.id", (("a", ("x",)),)),
        ("from c as d where d.id = t.id", (("a", ("x",)),)),
        ("from c where t.parent = c.id", ()),
        ("from u where t.id = u.id", ()),
        ("where id in (select id from c)", (("a", ("x",)),)),
    ],
)
def test_the_states_that_a_with_clause_picks(join: str, where: object) -> None:
    text = f"""
    with b as (select * from t where a = 'x' for update skip locked), c as (select * from b)
    update t set s = 'z' {join}
    """

    assert one(text).where == where


def test_the_states_in_another_dialect() -> None:
    text = "update `t` set s = 'z' where `t`.a in ('x', 'y') and b = 'q' and u.c = 'r' limit 1"

    assert one(text).where == (("a", ("x", "y")), ("b", ("q",)))
    assert one("update `t` set s = 'z' where a = 'x' or b = 'y' limit 1").where == ()


@pytest.mark.parametrize(
    ("text", "verb", "updated", "is_new"),
    [
        ("update t set a = 1", SqlVerb.UPDATE, ("a",), False),
        ("insert into t (a) values (1)", SqlVerb.INSERT, (), True),
        (
            "insert into t (a) values (1) on conflict (a) do update set b = 2",
            SqlVerb.UPSERT,
            ("b",),
            None,
        ),
        (
            "merge into t using s on true when not matched then insert (a) values (1)",
            SqlVerb.MERGE,
            (),
            True,
        ),
        (
            "merge into t using s on true when matched then update set a = 1"
            " when not matched then do nothing",
            SqlVerb.MERGE,
            ("a",),
            False,
        ),
        ("merge into t using s on true when matched then delete", SqlVerb.DELETE, (), False),
        ("copy t from '/x'", SqlVerb.COPY, (), True),
    ],
)
def test_whether_a_row_is_made(
    text: str, verb: SqlVerb, updated: tuple[str, ...], is_new: bool | None
) -> None:
    assert (one(text).verb, one(text).updated, one(text).is_new) == (verb, updated, is_new)


@pytest.mark.parametrize(
    ("text", "is_all"),
    [
        ("insert into t values (1)", True),
        ("insert into t select 1", True),
        ("insert into t (a) values (1)", False),
        ("insert into t default values", False),
        ("copy t from stdin", True),
        ("insert or replace into t values (?, ?)", True),
    ],
)
def test_an_insert_without_a_list_of_columns_writes_all(text: str, is_all: bool) -> None:
    assert one(text).all_columns is is_all


def test_each_write_stands_at_its_verb() -> None:
    text = (
        "-- first\nwith a as (\n    select 1 -- update x set y\n), b as (\n  update t\n"
        "  set a = 1\n  returning *\n)\ninsert into u (c)\nselect 2;\n"
    )
    update, insert = sql_writes(text)

    assert (update.line, update.column, update.end_line) == (5, 3, 7)
    assert (insert.line, insert.column, insert.end_line) == (9, 1, 10)
    assert text[update.offset : update.end] == "update t\n  set a = 1\n  returning *"
    assert text[insert.offset : insert.end] == "insert into u (c)\nselect 2"


def test_places_stay_true_behind_holes() -> None:
    text = (
        "select {a}, %(b)s, ':c' ; {% x %}\n update {t} set a = :b\n where c in %s ;\n"
        "update u set a = '{x}'"
    )
    first, second = sql_writes(text)

    assert text[first.offset : first.end] == "update {t} set a = :b\n where c in %s"
    assert text[second.offset : second.end] == "update u set a = '{x}'"
    assert (first.line, first.end_line, second.line) == (2, 3, 4)


FUNCTION = """
create function hotel.move(i int) returns void language plpgsql as $body$
declare
    done boolean := false;
begin
    if i > 0 then
        update t set a = 'x' where id = i;
    end if;
    for r in select * from s loop
        insert into u (b) values ('y');
    end loop;
    execute 'update v set c = ''z''';
    execute format('update %I set d = %L', 'w', 'q');
    execute 'update ' || i || ' set e = 1';
end
$body$;
update alone set a = 1;
"""


def test_writes_in_the_body_of_a_function() -> None:
    found = [(it.table, it.line, it.function, it.transaction) for it in sql_writes(FUNCTION)]

    assert found[:4] == [
        ("t", 7, "hotel.move", Transaction.CALLER),
        ("u", 10, "hotel.move", Transaction.CALLER),
        ("v", 12, "hotel.move", Transaction.CALLER),
        ("w", 13, "hotel.move", Transaction.CALLER),
    ]
    assert found[-1] == ("alone", 17, "", Transaction.NO)
    assert sql_writes(FUNCTION)[2].columns == (("c", "z"),)


def test_a_body_that_the_parser_of_plpgsql_refuses_is_read_all_the_same() -> None:
    text = """
    create function retry() returns void language plpgsql as $$
    declare now_is state; then_was state; got bigint;
    begin
        select status, status from job where status = 'failed' for update into now_is, then_was;
        update job set status = 'todo', n = coalesce(1, n)
        where status in ('failed', 'aborted')
        returning id into got;
    end $$;
    """
    (found,) = [it for it in sql_writes(text) if it.table == "job"]

    assert (found.line, found.columns) == (6, (("status", "todo"), ("n", None)))
    assert found.where == (("status", ("failed", "aborted")),)
    assert found.is_sure


@pytest.mark.parametrize(
    "body",
    [
        "language sql as $$ update t set a = 'x' $$",
        "language sql as 'update t set a = ''x'''",
        "begin atomic select case when true then 1 end; update t set a = 'x'; end",
        "language plpgsql as $$ begin with q as (select 1) update t set a = 'x'; end $$",
        "language plpgsql as 'begin update t set a = ''x''; end'",
    ],
)
def test_bodies_of_every_kind(body: str) -> None:
    found = one(f"create function f() returns void {body}")

    assert (found.table, found.columns, found.function) == ("t", (("a", "x"),), "f")
    assert found.transaction == Transaction.CALLER


def test_what_follows_a_body_of_statements_is_no_part_of_it() -> None:
    text = "create function f() returns int begin atomic select 1; end; update t set a = 'x'"

    assert (one(text).function, one(text).transaction) == ("", Transaction.NO)


def test_what_a_trigger_function_assigns_is_a_write_of_its_table() -> None:
    text = """
    create function touch() returns trigger language plpgsql as $$
    begin
        new.status := 'x'; -- new.status := 'never'
        if new.b is null then new."c" = case when true then 'q' else 'r' end; end if;
        if new.d = 'y' then return new; end if;
        return new;
    end $$;
    create trigger t before insert or update on hotel.job for each row execute function touch();
    """
    first, second = sql_writes(text)

    assert (first.verb, first.table, first.line) == (SqlVerb.ASSIGN, "hotel.job", 4)
    assert first.columns == (("status", "x"),)
    assert second.columns == (("c", "q"), ("c", "r"))


def test_a_function_of_several_triggers_assigns_to_no_table_that_can_be_told() -> None:
    text = """
    create function touch() returns trigger language plpgsql as $$
    begin new.at := now(); return new; end $$;
    create trigger t before update on a for each row execute function touch();
    create trigger t before update on b for each row execute procedure touch();
    """

    assert one(text).table == ""


@pytest.mark.parametrize(
    ("text", "transactions"),
    [
        ("begin; update t set a = 1; commit; update t set a = 2", ["yes", "no"]),
        ("start transaction; update t set a = 1; end; update t set a = 2", ["yes", "no"]),
        ("begin isolation level serializable; update t set a = 1; rollback", ["yes"]),
        ("begin; savepoint s; rollback to s; update t set a = 1; commit", ["yes"]),
        ("/* x */ BEGIN -- now\n; update t set a = 1", ["yes"]),
        ("do $$ begin update t set a = 1; end $$", ["yes"]),
        ("update t set a = 1", ["no"]),
        ("create function f() returns void language sql as $$update t set a = 1$$", ["caller"]),
    ],
)
def test_whether_the_text_opens_a_transaction(text: str, transactions: list[str]) -> None:
    found = sql_writes(text)

    assert [it.transaction.value for it in found] == transactions
    assert all(it.transaction_reason for it in found)


def test_statements_of_other_tables_are_passed_over_when_asked() -> None:
    text = "update a set x = 1; update b set x = 1; update {t} set x = 1;"

    assert [it.table for it in sql_writes(text, ["b"])] == ["b", "{t}"]


@pytest.mark.parametrize(
    "filler", [" ", "\n", "(", ")", "'", '"', "$$ ", "/* ", "-- \n", "begin ", "; ", "{", "case "]
)
def test_a_long_text_takes_no_more_than_its_length(filler: str) -> None:
    body = filler * 20_000
    started = time.process_time()
    sql_writes(f"update t set a = 1; {body} update u set b = new.c;")
    sql_writes(f"create function f() returns int language plpgsql as $f$ begin {body} new.a := 1;")

    assert time.process_time() - started < 5


ODD = r"""
update insert into t set a = 'x' values ( ) , ; $$ $1 %s {t} {{ }} -- /* */ ? : " ' ` \
begin end case when then do language execute merge using on conflict copy from create function f as
returns stdin new.a := é
"""


@given(st.lists(st.sampled_from([*ODD.split(), "\n", "\0"]), max_size=40).map(" ".join))
def test_no_text_is_too_odd(text: str) -> None:
    for it in sql_writes(text):
        assert 0 <= it.offset <= it.end <= len(text)
        assert 1 <= it.line <= it.end_line <= text.count("\n") + 1
        assert it.column >= 1


@given(
    st.text(st.sampled_from("abc \n'%:{}é"), max_size=12),
    st.text(st.sampled_from("abc \n'\"{}%\\é"), max_size=12),
)
def test_a_write_is_found_behind_any_comment_with_any_value(comment: str, value: str) -> None:
    quoted = value.replace("'", "''")
    text = f"/* {comment} */\nupdate job set note = '{quoted}', status = 'done' where id = 1"
    found = one(text)

    assert text[found.offset :].startswith("update job")
    assert found.values_of("STATUS") == ("done",)
    assert found.values_of("note") in ((value,), (None,))
    assert found.values_of("note") == (value,) or "{" in value or "%" in value
