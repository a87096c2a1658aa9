"""Make the tests of a spec, and run them: for the tests of what is generated."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from tests.servers import ROOT, TestServer

from pginterlock import generate, pgtap, spec
from pginterlock.generate import Generated, copying
from pginterlock.generate.elsewhere import Samples

Made = Callable[..., tuple[Generated, copying.Copy]]


def maker(make_database: Callable[..., str], connect: Callable[..., psycopg.Connection]) -> Made:
    """Return what generates the tests of a spec on some tables: ``made(tables, spec)``."""

    def make(
        tables: str, text: str, samples: Samples | None = None
    ) -> tuple[Generated, copying.Copy]:
        source = connect(make_database("empty", lambda _: None), autocommit=True)
        source.execute(tables.encode())
        wanted = spec.parse(text, "interlock.yaml")
        ddl = copying.definition(source, wanted)
        copy = connect(make_database("empty", lambda _: None), autocommit=True)
        built = copying.build(copy, ddl, wanted)
        return generate.generate(copy, built, wanted, samples or {}), built

    return make


def ran(folder: Path, server: TestServer) -> list[pgtap.Result]:
    """Run what lies in *folder*."""
    psql = pgtap.find_psql(server.bin_dir)
    with pgtap.template(server.dsn(), folder=ROOT) as name:
        place = pgtap.Server(server.dsn(), name, psql)
        return pgtap.run_files(pgtap.find_files([folder]), place, jobs=2)
