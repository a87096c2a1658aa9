"""Files of SQL: named queries, functions, what psql alone reads; and the sites made of writes."""

import ast

import pytest

from pginterlock.scan.embedded_sql import embedded_writes, may_embed
from pginterlock.scan.site import Confidence, Site, Target, Transaction
from pginterlock.scan.sql_files import file_writes
from pginterlock.scan.sql_sites import sites_of
from pginterlock.scan.table_names import resolver

JOB = Target(("status", "done_at"), "Job", "work.job", "job")

PROCRASTINATE_STYLE = """
-- The format: a name, a description, a query
-- fetch --
-- Take a job
update job set status = 'doing'
where status = %(was)s

-- finish --
update job
set status = %(status)s
"""

AIOSQL_STYLE = """
-- name: fetch-job^
-- Take a job
update job set status = 'doing';

-- name: finish_job!
update job
set status = :status;
"""

HUGSQL_STYLE = """
-- :name fetch-job :! :n
update job set status = 'doing'
-- :name finish_job :!
update job
set status = :status
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PROCRASTINATE_STYLE, [("fetch", 5, 6), ("finish", 9, 10)]),
        (AIOSQL_STYLE, [("fetch-job", 4, 4), ("finish_job", 7, 8)]),
        (HUGSQL_STYLE, [("fetch-job", 3, 3), ("finish_job", 5, 6)]),
    ],
)
def test_named_queries(text: str, expected: list[tuple[str, int, int]]) -> None:
    found = file_writes(text)

    assert [(it.enclosing, it.line, it.end_line) for it in found] == expected
    for it in found:
        assert text[it.write.offset :].startswith("update job")
        assert it.text == text.split("\n")[it.line - 1].strip()


def test_a_function_is_named_before_the_query_it_is_in() -> None:
    text = """
    -- name: make
    create function work.move() returns void language sql as $$
        update job set status = 'done'
    $$;
    """
    (found,) = file_writes(text.replace("\n    ", "\n"))

    assert (found.enclosing, found.write.transaction) == ("work.move", Transaction.CALLER)


def test_what_psql_alone_reads_is_passed_over() -> None:
    text = r"""
\set ON_ERROR_STOP on
\i other.sql
begin;
copy job (id, status) from stdin;
1	update job set status = 'never'
2	it's
\.
update job set status = :'status' where id = :"id" \gexec
commit;
update job set status = 'done';
"""
    found = [(it.write.verb.value, it.line, it.write.transaction.value) for it in file_writes(text)]

    assert found == [("copy", 5, "yes"), ("update", 9, "yes"), ("update", 11, "no")]


def test_statements_of_other_tables_are_passed_over_when_asked() -> None:
    text = "insert into a (x) values (1);\ninsert into job (x) values (1);\n"

    assert [it.line for it in file_writes(text, ["job"])] == [2]
    assert file_writes(text, ["event"]) == []
    assert [it.line for it in file_writes(text)] == [1, 2]


def sites(text: str, target: Target = JOB) -> list[Site]:
    return sites_of(file_writes(text), target, "a.sql")


@pytest.mark.parametrize(
    "table", ["job", "work.job", '"Work"."JOB"', "WORK.Job", "db.work.job", "`work`.`job`"]
)
def test_a_table_is_told_by_its_name(table: str) -> None:
    assert [it.field for it in sites(f"update {table} set status = 'x'")] == ["status"]


@pytest.mark.parametrize("table", ["jobs", "other.job", "job.work", "work", "{job}", "j"])
def test_another_table_is_no_site(table: str) -> None:
    assert sites(f"update {table} set status = 'x'") == []


def test_a_table_without_a_schema_may_be_in_any() -> None:
    assert sites("update a.job set status = 'x'", Target(("status",), None, "job"))


def test_a_target_whose_table_is_not_known_has_no_site() -> None:
    assert sites("update job set status = 'x'", Target(("status",), "Job", None)) == []


def test_several_columns_of_one_statement_are_one_site() -> None:
    (site,) = sites("update job set n = 1, DONE_AT = null, status = 'x' where status = 'y'")

    assert (site.field, site.values, site.construct) == ("done_at", ("null",), "sql_update")
    assert [(it.field, it.values) for it in site.beside] == [("status", ("x",))]
    assert (site.sources, site.is_new, site.machine, site.model) == (("y",), False, "job", "Job")


@pytest.mark.parametrize(
    ("text", "construct", "values", "is_new", "confidence"),
    [
        ("insert into job (status) values ('a'), ('b')", "sql_insert", ("a", "b"), True, "high"),
        ("copy job (status) from stdin", "sql_copy", (None,), True, "high"),
        (
            "merge into job using s on true when matched then update set status = 'x'",
            "sql_merge",
            ("x",),
            False,
            "high",
        ),
        (
            "insert into job (id) values (1) on conflict (id) do update set status = 'x'",
            "sql_upsert",
            ("x",),
            None,
            "high",
        ),
        (
            "insert into job (id, status) values (1, 'x') on conflict (id) do update set n = 1",
            "sql_insert",
            ("x",),
            True,
            "high",
        ),
        ("insert into job values (1, 'x')", "sql_insert", (None,), True, "low"),
        ("copy job from stdin", "sql_copy", (None,), True, "low"),
        ("update job set {what}", "sql_update", (None,), False, "low"),
        ("update job set `status` = 'x' limit 1", "sql_update", ("x",), False, "medium"),
    ],
)
def test_what_a_site_says(
    text: str, construct: str, values: tuple[str | None, ...], is_new: bool | None, confidence: str
) -> None:
    (site,) = sites(text)

    assert (site.construct, site.values, site.is_new) == (construct, values, is_new)
    assert site.confidence == Confidence(confidence)
    assert site.reason


UPSERTED = """
insert into job (id, status, n)
values (1, 'new', 1)
on conflict (id) do update
set n = 2, status = %s where job.status = 'old';
"""
IN_FUNCTION = """
create function f() returns void language plpgsql as $$
begin
  insert into job (id, status)
  values (1, 'new')
  on conflict (id)
  do update set status = excluded.status;
end $$;
"""
OF_MYSQL = "insert into `job` (`status`) values ('new')\non duplicate key update `status` = 'old'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            UPSERTED % "'again'",
            [(2, "sql_insert", ("new",), True, ()), (4, "sql_upsert", ("again",), False, ("old",))],
        ),
        (
            UPSERTED % "excluded.status",
            [(2, "sql_insert", ("new",), True, ()), (4, "sql_upsert", ("new",), False, ("old",))],
        ),
        (
            IN_FUNCTION,
            [(4, "sql_insert", ("new",), True, ()), (7, "sql_upsert", ("new",), False, ())],
        ),
        (
            OF_MYSQL,
            [(1, "sql_insert", ("new",), True, ()), (2, "sql_upsert", ("old",), False, ())],
        ),
    ],
)
def test_an_upsert_that_writes_a_column_on_both_ways_is_two_sites(
    text: str, expected: list[tuple[int, str, tuple[str, ...], bool, tuple[str, ...]]]
) -> None:
    found = sites(text)

    told = [(it.line, it.construct, it.values, it.is_new, it.sources) for it in found]
    assert told == expected


@pytest.mark.parametrize(
    "text",
    [
        "insert into job (id) values (1)",
        "insert into job (id, status) values (1, default) on conflict do nothing",
        "insert into job default values",
        "delete from job where status = 'x'",
        "update job set n = 1",
        "select status from job",
    ],
)
def test_a_statement_that_leaves_the_columns_alone_is_no_site(text: str) -> None:
    assert sites(text) == []


def test_tests_that_contradict_each_other_leave_no_state() -> None:
    (site,) = sites(
        "update job set status = 'z' where status in ('x', 'y') and status in ('y', 'w')"
    )

    assert site.sources == ("y",)


MODELS = """
EVENTS = "work.event"
events = sa.Table("event", metadata)
class Settings:
    queue: str = Field(default_factory=prefixed("job"), alias="queue")
    log = os.environ.get("LOG", "job_log")
    twice = "a"
class Other:
    twice = "b"
class Job(Base):
    __tablename__ = "job"
class Booking(models.Model):
    class Meta:
        db_table = "booking"
"""


@pytest.mark.parametrize(
    ("written", "table"),
    [
        ("{EVENTS}", "work.event"),
        ("{events.name}", "event"),
        ("{self.settings.queue}", "job"),
        ("{s.log}", "job_log"),
        ("{Job.__tablename__}", "job"),
        ("{Job.__table__.name}", "job"),
        ("{qn(Booking._meta.db_table)}", "booking"),
        ("{sql.Identifier(s.queue)}", "job"),
        ("{schema}.{s.queue}", "{schema}.job"),
        ("{s.twice}", "{s.twice}"),
        ("{Other.twice}", "b"),
        ("{a b}", "{a b}"),
        ("{}", "{}"),
        ("job", "job"),
        ("%s", "%s"),
    ],
)
def test_names_of_tables_that_are_filled_in(written: str, table: str) -> None:
    assert resolver([ast.parse(MODELS)])(written) == table


def test_a_table_that_is_filled_in_makes_a_site_where_its_name_is_told() -> None:
    source = "def f(self):\n    run(f\"update {self.settings.queue} set status = 'x'\")\n"
    writes = [it.placed for it in embedded_writes(ast.parse(source), source, may_embed(source))]
    (site,) = sites_of(writes, JOB, "a.py", resolver([ast.parse(MODELS)]))

    assert (site.line, site.column, site.enclosing) == (2, 11, "f")
    assert (site.confidence, site.transaction) == (Confidence.MEDIUM, Transaction.UNKNOWN)
    assert sites_of(writes, JOB, "a.py") == []
