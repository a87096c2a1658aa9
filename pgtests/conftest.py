"""Let pytest run the pgTAP files: each is a test, on every server of the session."""

import os
from pathlib import Path

import psycopg
import pytest
from _pytest._code.code import TerminalRepr
from tests import servers
from tests.servers import ROOT, TestServer

from pginterlock import pgtap

_HERE = Path(__file__).parent
_TEMPLATE = "template_pgtap"
_LOCK = 4_711_231
_STARTED: pytest.StashKey[list] = pytest.StashKey()  # type: ignore[type-arg]


# After tests/conftest.py, which starts them; `pytest pgtests` alone does not load it.
@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start the servers, unless they are running."""
    if servers.is_controller() and not config.option.collectonly and not servers.servers():
        config.stash[_STARTED] = servers.start_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started here."""
    for server in config.stash.get(_STARTED, []):
        server.stop()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "PgTapFile | None":
    """Collect the files that `interlock test` would run."""
    if file_path.is_relative_to(_HERE) and pgtap.is_test_file(file_path, _HERE):
        return PgTapFile.from_parent(parent, path=file_path)
    return None


class PgTapFile(pytest.File):
    """One file: a test for each version of PostgreSQL."""

    def collect(self) -> "list[PgTapItem]":
        """Return one test for each server."""
        return [
            PgTapItem.from_parent(self, name=f"pg{major}", major=major)
            for major in servers.majors()
        ]


class PgTapItem(pytest.Item):
    """One file on one server."""

    def __init__(self, *, major: int, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.major = major

    def runtest(self) -> None:
        """Run the file in a fresh database; what it says beside failures is a section."""
        server = servers.servers()[self.major]
        _make_template(server)
        psql = pgtap.find_psql(server.bin_dir)
        file = Path(os.path.relpath(self.path))
        result = pgtap.run_file(file, pgtap.Server(server.dsn(), _TEMPLATE, psql))
        if not result.has_passed:
            raise PgTapFailed(result)
        if bonus := result.outcome.of(pgtap.Verdict.BONUS):
            told = "\n".join(test.lines[0] for test in bonus)
            self.add_report_section("call", "passed, though it is TODO", told)
        if result.outcome.skip_all is not None:
            pytest.skip(result.outcome.skip_all or "the whole file is skipped")

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: str | None = None,  # noqa: ARG002 - pytest's signature
    ) -> str | TerminalRepr:
        """Return the lines of TAP that failed, and no traceback of Python."""
        if isinstance(excinfo.value, PgTapFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return where the test is, and what it is called."""
        return self.path, None, f"{self.path.name} [{self.name}]"


class PgTapFailed(Exception):
    """A file did not pass."""

    def __init__(self, result: pgtap.Result) -> None:
        super().__init__("\n".join([str(result.file), *result.failing_lines]))


def _make_template(server: TestServer) -> None:
    """Make the template, once for each server, whichever worker comes first."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(%s)", [_LOCK])
        found = admin.execute("select from pg_database where datname = %s", [_TEMPLATE])
        if found.rowcount == 0:
            pgtap.build_template(server.dsn(), _TEMPLATE, folder=ROOT)
