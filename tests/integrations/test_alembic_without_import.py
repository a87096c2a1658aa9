"""An env.py that does not import us: what is missing is said, and what brings it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integrations.alembic_depot import Depot, body, is_sound, url

_IMPORT = "import pginterlock.alembic\n"
_LINE = "import pginterlock.alembic  # noqa: F401 - op.interlock_apply and the like\n"


def in_a_process_of_its_own(
    depot: Depot, *words: str, module: str = "alembic"
) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of *depot*: here we are imported already."""
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=depot.folder,
        env={**os.environ, "ALEMBIC_URL": url(depot.dsn)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_autogenerate_says_that_env_py_lacks_what_a_revision_has(
    depot: Depot, caplog: pytest.LogCaptureFixture
) -> None:
    depot.check()
    assert caplog.messages == []
    depot.change("env.py", (_IMPORT, ""))
    depot.change("interlock.yaml", ("{packed_at: PACKED}", "{packed_at: [PACKED, SENT]}"))

    written = depot.revision()

    assert [it for it in caplog.messages if "env.py does not import pginterlock.alembic" in it]
    assert "interlock alembic init" in caplog.text
    assert "op.interlock_apply(" in body(written, "upgrade")


def test_a_revision_without_it_says_what_it_lacks_and_init_brings_it(empty_depot: Depot) -> None:
    depot = empty_depot
    depot.change("env.py", (_IMPORT, ""))
    text = (Path(__file__).parent / "alembic_first.txt").read_text(encoding="utf-8")
    assert _LINE in text
    depot.write("versions/0001_first.py", text.replace(_LINE, ""))

    ran = in_a_process_of_its_own(depot, "upgrade", "head")

    assert "has no attribute 'interlock_apply'" in ran.stderr
    assert depot.ask("select to_regclass('depot.parcel')") == [(None,)]

    ran = in_a_process_of_its_own(depot, "alembic", "init", module="pginterlock")
    assert "env.py: wrote import pginterlock.alembic" in " ".join(ran.stdout.split())
    ran = in_a_process_of_its_own(depot, "upgrade", "head")
    assert ran.returncode == 0, ran.stderr
    is_sound(depot)
