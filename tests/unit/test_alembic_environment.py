"""`interlock alembic init`: one line into env.py, once, or a refusal that says why."""

import ast
from pathlib import Path

import pytest
from click.testing import CliRunner

from pginterlock.commands import interlock
from pginterlock.errors import UsageError
from pginterlock.integrations.alembic.environment import LINE, with_import, write_import

ENV = '''"""An environment."""
from __future__ import annotations

from logging.config import fileConfig

from sqlalchemy import engine_from_config

from alembic import context

config = context.config
'''


def test_the_line_stands_below_the_import_of_alembic() -> None:
    lines = with_import(ENV, "env.py").split("\n")

    assert lines[lines.index("from alembic import context") + 1] == LINE


@pytest.mark.parametrize(
    ("text", "before"),
    [
        pytest.param("import os\nx = 1\n", "import os", id="below the last import"),
        pytest.param('"""What."""\nx = 1\n', '"""What."""', id="below the docstring"),
        pytest.param("x = 1\n", None, id="at the top"),
        pytest.param("", None, id="an empty file"),
        pytest.param("import os", "import os", id="no end of line"),
        pytest.param(
            "from alembic import (\n    context,\n)\n", ")", id="an import of several lines"
        ),
    ],
)
def test_where_it_stands(text: str, before: str | None) -> None:
    lines = with_import(text, "env.py").splitlines()

    place = lines.index(LINE)
    assert (lines[place - 1] if place else None) == before
    ast.parse("\n".join(lines))


@pytest.mark.parametrize(
    "line",
    [
        "import pginterlock.alembic",
        "import pginterlock.alembic as machines",
        "from pginterlock import alembic as machines",
        "from pginterlock.alembic import include_object",
        "def run():\n    import pginterlock.alembic\n",
    ],
)
def test_where_it_is_there_nothing_is_written(line: str) -> None:
    text = f"{ENV}{line}\n"

    assert with_import(text, "env.py") == text


def test_line_ends_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "env.py"
    path.write_bytes(ENV.replace("\n", "\r\n").encode())

    write_import(path)

    assert path.read_bytes().replace(b"\r\n", b"").count(b"\n") == 0


def test_it_is_found_from_alembic_ini(tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/db\n")
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "env.py").write_text(ENV)

    assert write_import(tmp_path).path.resolve() == (tmp_path / "db" / "env.py").resolve()
    assert not write_import(tmp_path / "alembic.ini").is_new
    assert not write_import(tmp_path / "db").is_new


@pytest.mark.parametrize(
    ("files", "place", "told"),
    [
        pytest.param({}, ".", "neither env.py nor alembic.ini", id="nothing there"),
        pytest.param({}, "gone/env.py", "no file or folder", id="no such file"),
        pytest.param({"alembic.ini": "[alembic]\n"}, ".", "script_location cannot", id="no place"),
        pytest.param({"alembic.ini": "what?"}, ".", "script_location cannot", id="no ini"),
        pytest.param(
            {"alembic.ini": "[alembic]\nscript_location = x\n"},
            ".",
            "where .* says",
            id="not there",
        ),
        pytest.param(
            {"alembic.ini": "[alembic]\nscript_location = app:x\n"}, ".", "package", id="a package"
        ),
        pytest.param({"env.py": "def ("}, ".", "env.py:1: not read as Python", id="no Python"),
        pytest.param({"env.py": "x = '\0'"}, ".", "not read as Python", id="a null character"),
    ],
)
def test_it_is_refused(tmp_path: Path, files: dict[str, str], place: str, told: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)

    with pytest.raises(UsageError, match=told):
        write_import(tmp_path / place)

    assert {it.name: it.read_text() for it in tmp_path.iterdir()} == files


def test_what_is_not_utf8_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_bytes(b"# \xff\n")

    with pytest.raises(UsageError, match="cannot be read"):
        write_import(tmp_path)


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text(ENV)

    first, second = (
        CliRunner().invoke(interlock, ["alembic", "init", str(tmp_path)]) for _ in range(2)
    )

    assert "env.py: wrote import pginterlock.alembic" in first.stdout
    assert "has the import already" in second.stdout
    assert (first.exit_code, second.exit_code) == (0, 0)
