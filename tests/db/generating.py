"""Make the tests of a spec, and run them: for the tests of what is generated."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.servers import ROOT, TestServer

from pginterlock import generate, pgtap, spec
from pginterlock.generate import Generated, copying
from pginterlock.generate.elsewhere import Samples


@dataclass(frozen=True, slots=True)
class Making:
    """Makes copies, and the tests of a spec on them."""

    make_database: Callable[..., str]
    connect: Callable[..., psycopg.Connection]

    def __call__(
        self, tables: str, text: str, samples: Samples | None = None
    ) -> tuple[Generated, copying.Copy]:
        """Return the tests of the spec *text* on *tables*, and the copy."""
        copy, built = self._copied(tables, text)
        wanted = spec.parse(text, "interlock.yaml")
        return generate.generate(copy, built, wanted, samples or {}), built

    def machines(self, tables: str, text: str) -> str:
        """Return the machines of the spec *text* on *tables*, as SQL."""
        return self._copied(tables, text)[1].machines

    def _copied(self, tables: str, text: str) -> tuple[psycopg.Connection, copying.Copy]:
        source = self.connect(self.make_database("empty", lambda _: None), autocommit=True)
        source.execute(tables.encode())
        wanted = spec.parse(text, "interlock.yaml")
        ddl = copying.definition(source, wanted)
        copy = self.connect(self.make_database("empty", lambda _: None), autocommit=True)
        return copy, copying.build(copy, ddl, wanted)


def ran(folder: Path, server: TestServer) -> list[pgtap.Result]:
    """Run what lies in *folder*."""
    psql = pgtap.find_psql(server.bin_dir)
    with pgtap.template(server.dsn(), folder=ROOT) as name:
        place = pgtap.Server(server.dsn(), name, psql)
        return pgtap.run_files(pgtap.find_files([folder]), place, jobs=2)
