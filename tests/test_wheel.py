"""The package carries its SQL: as wheel, sdist, wheel of the sdist, zipped wheel, editable."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
# A folder of the checkout, to the place where the wheel has it.
SHIPPED: Mapping[str, str] = BUILT["targets"]["wheel"]["force-include"]
# Says where the package found its files, what it reads there, and what its own Alembic finds.
REPORT = """
import json, sys
from pginterlock import assets, migrate
json.dump({
    "root": str(assets.root()),
    "refuse": assets.read("sql", "runtime", "refuse.sql"),
    "templates": assets.names("sql", "templates"),
    "head": migrate.head(),
    "upgrade": migrate.upgrade_sql(None),
}, sys.stdout)
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this checkout."""
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def wheel_of_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the sdist makes, far from this checkout."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):  # Python 3.11 knows it from 3.11.4 on
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)  # noqa: S202 - we packed it
    [source] = folder.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("second-wheel"))


def test_a_wheel_holds_every_file(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())

    assert {"sql", "migrations"} <= set(SHIPPED)
    assert shipped_files() <= inside
    assert not [name for name in inside if "__pycache__" in name]


def test_an_sdist_holds_every_file(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}

    assert {file.relative_to(ROOT).as_posix() for file, _ in shipped_pairs()} <= inside


def test_the_wheel_of_an_sdist_is_the_wheel_of_the_checkout(
    wheel: Path, wheel_of_sdist: Path
) -> None:
    assert contents(wheel_of_sdist) == contents(wheel)


def test_an_installed_wheel_reads_its_own_files(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, str(wheel))

    found = report(python, tmp_path)

    assert Path(found["root"]).is_relative_to(tmp_path)
    assert is_of_this_checkout(found)


def test_an_installed_wheel_answers_as_a_command(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path, str(wheel))

    said = run(python.parent / "interlock", "--help", cwd=tmp_path)

    assert "interlock demo" in said


def test_a_zipped_wheel_reads_its_own_files(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path)

    found = report(python, tmp_path, first_on_path=wheel)

    assert str(wheel) in found["root"]
    assert is_of_this_checkout(found)


def test_an_editable_install_reads_the_checkout(tmp_path: Path) -> None:
    python = environment(tmp_path, "--editable", str(ROOT))

    found = report(python, tmp_path)

    assert Path(found["root"]) == ROOT
    assert is_of_this_checkout(found)


def shipped_pairs() -> Iterator[tuple[Path, str]]:
    """Yield every file that ships, with its place in the wheel."""
    for folder, place in SHIPPED.items():
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file, f"{place}/{file.relative_to(ROOT / folder).as_posix()}"


def shipped_files() -> set[str]:
    """Return the places in the wheel of every file that ships."""
    found = {place for _, place in shipped_pairs()}
    assert len(found) > 50, "the checkout itself is incomplete"
    return found


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of *wheel*, but for its list of them."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if "RECORD" not in name}


def is_of_this_checkout(found: Mapping[str, object]) -> bool:
    """Say whether a report tells of the files that lie here, and no others."""
    here = {path.name for path in (ROOT / "sql" / "templates").glob("*.sql")}
    return (
        found["refuse"] == (ROOT / "sql" / "runtime" / "refuse.sql").read_text("utf-8")
        and found["templates"] == sorted(here)
        and list((ROOT / "migrations" / "versions").glob(f"{found['head']}*.up.sql")) != []
        and "create table interlock.machine" in str(found["upgrade"])
    )


def build(kind: str, source: Path, folder: Path) -> Path:
    """Build a *kind* of *source* into *folder*, with the backend that is installed here."""
    command = ["-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(folder), str(source)]
    run(Path(sys.executable), *command, cwd=folder)
    [built] = folder.iterdir()
    return built


def environment(folder: Path, *package: str) -> Path:
    """Make an environment that has nothing but *package*, and return its Python."""
    run(Path(sys.executable), "-m", "venv", "--without-pip", str(folder / "env"), cwd=folder)
    python = folder / "env" / "bin" / "python"
    if package:
        pip = ["-m", "pip", "--python", str(python), "install", "--quiet"]
        run(Path(sys.executable), *pip, "--no-deps", "--no-build-isolation", *package, cwd=folder)
    return python


def report(python: Path, folder: Path, *, first_on_path: Path | None = None) -> dict[str, str]:
    """Return what a package says of itself that *python* finds, started in *folder*."""
    said = run(python, "-c", REPORT, cwd=folder, first_on_path=first_on_path)
    found: dict[str, str] = json.loads(said)
    return found


def run(program: Path, *arguments: str, cwd: Path, first_on_path: Path | None = None) -> str:
    """Run *program* and return what it printed.

    What it depends on comes from the environment of this run, behind its own: a package that is
    installed here as editable is not found that way.
    """
    dependencies = sysconfig.get_paths()["purelib"]
    path = [dependencies] if first_on_path is None else [str(first_on_path), dependencies]
    done = subprocess.run(
        [program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path), "PIP_NO_INPUT": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
