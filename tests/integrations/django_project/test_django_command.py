"""``manage.py interlock`` and the system checks: the settings' database and spec, no password."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import connections, models
from django.test.utils import isolate_apps, override_settings

from pginterlock.django import checks as ours
from pginterlock.django.sessions import dsn_of

HERE = Path(__file__).parent
STAYS = HERE / "stays"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def manage(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``manage.py interlock``: exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        code: Any = 0
        try:
            call_command("interlock", *words)
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return int(code or 0), out, err

    return run


def test_plan_knows_database_and_spec(site: str, manage: Run) -> None:
    manage("apply", "--yes")  # the tripwire, which no migration makes

    code, _, err = manage("plan", "--no-measure")

    assert (code, "the database is as the spec says" in err) == (0, True)


def test_exit_codes_are_kept(bare_site: str, manage: Run) -> None:
    code, out, _ = manage("plan", "--no-measure", "--database", "other")

    assert code == 1
    assert out.startswith("-- interlock plan")


def test_apply_and_verify(bare_site: str, manage: Run) -> None:
    assert manage("apply", "--yes")[0] == 0
    code, out, _ = manage("verify", "--database=other")

    assert (code, out.startswith("All as the spec says")) == (0, True)


def test_a_spec_that_is_named_wins(site: str, manage: Run, tmp_path: Path) -> None:
    code, _, err = manage("check", "--spec", str(tmp_path / "none.yaml"))

    assert (code, "no spec at" in err) == (2, True)


def test_an_unknown_alias_is_refused(site: str) -> None:
    with pytest.raises(CommandError, match="no database 'third' in DATABASES; there: default"):
        call_command("interlock", "plan", "--database", "third")


def test_the_list_of_commands_has_django_s(manage: Run) -> None:
    code, out, _ = manage("--commands")

    assert code == 0
    assert "makemigrations" in out
    assert "verify" in out


def test_a_password_is_given_and_never_shown(site: str, manage: Run) -> None:
    told = connections.settings["default"]
    told.update(PASSWORD="open sesame", HOST="/nowhere")  # noqa: S106
    try:
        assert "password='open sesame'" in dsn_of(connections["default"])
        code, out, err = manage("plan")
    finally:
        told.update(PASSWORD="")

    assert code == 3
    assert "sesame" not in out + err


def test_options_and_roles_go_along(site: str) -> None:
    told = connections.settings["default"]
    before = told["OPTIONS"]
    told["OPTIONS"] = {
        **before,
        "options": "-c search_path=stays",
        "assume_role": "a b",
        "pool": {},
    }
    try:
        dsn = dsn_of(connections["default"])
    finally:
        told["OPTIONS"] = before

    assert r"options='-c search_path=stays -c role=a\\ b'" in dsn
    assert "application_name=stays" in dsn
    assert "pool" not in dsn


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the migrations, without the machine; the project writes there meanwhile."""
    folder = tmp_path / "written_migrations"
    shutil.copytree(STAYS / "migrations", folder)
    for file in folder.glob("0002*"):
        file.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    with override_settings(MIGRATION_MODULES={"stays": "written_migrations"}):
        yield folder
    for name in [it for it in sys.modules if it.startswith("written_migrations")]:
        del sys.modules[name]


def test_makemigrations_writes_once(project: Path, manage: Run) -> None:
    assert manage("makemigrations", "--check")[0] == 1
    assert not list(project.glob("0002*"))

    code, out, _ = manage("makemigrations")
    assert (code, "Apply machine booking" in out) == (0, True)
    [file] = project.glob("0002*")
    assert file.name == "0002_interlock_booking.py"

    assert manage("makemigrations", "--check")[0] == 0
    assert "Nothing to write" in manage("makemigrations")[1]
    assert len(list(project.glob("000*"))) == 2


def test_what_makemigrations_writes_is_what_is_committed_here(project: Path, manage: Run) -> None:
    manage("makemigrations")

    written = (project / "0002_interlock_booking.py").read_text(encoding="utf-8")
    assert written == (STAYS / "migrations" / "0002_interlock_booking.py").read_text("utf-8")


def test_a_changed_spec_is_a_second_migration_and_a_machine_that_goes_a_third(
    project: Path, manage: Run, tmp_path: Path
) -> None:
    manage("makemigrations")
    text = (HERE / "interlock.yaml").read_text("utf-8")
    changed, none = tmp_path / "changed.yaml", tmp_path / "none.yaml"
    changed.write_text(text.replace("leaves > arrives", "leaves >= arrives"), "utf-8")
    none.write_text(text.replace("  booking:", "  reservation:"), "utf-8")

    _, out, _ = manage("makemigrations", "--spec", str(changed))
    assert "Change machine booking" in out
    assert "MACHINE_BEFORE" in (project / "0003_interlock_booking.py").read_text("utf-8")

    _, out, _ = manage("makemigrations", "--spec", str(none))
    assert "0004_interlock.py" in out
    assert "Apply machine reservation" in out
    assert "Take machine booking off" in out


def test_what_is_written_migrates(
    project: Path, manage: Run, bare_site: str, tmp_path: Path
) -> None:
    text = (HERE / "interlock.yaml").read_text("utf-8")
    claimed = tmp_path / "claimed.yaml"
    claimed.write_text(
        f"{text}\n    claims:\n      room: {{resource: [room_id], in: [CHECKED_IN]}}\n"
    )
    manage("makemigrations")
    manage("makemigrations", "--spec", str(claimed))
    assert "atomic = False" in (project / "0003_interlock_booking.py").read_text("utf-8")

    call_command("migrate", "stays", verbosity=0)
    assert manage("verify", "--spec", str(claimed))[0] == 0
    call_command("migrate", "stays", "0002", verbosity=0)
    assert manage("verify")[0] == 0


def test_a_squashed_migration_holds_the_machine(project: Path, manage: Run, bare_site: str) -> None:
    manage("makemigrations")
    call_command("squashmigrations", "stays", "0002", interactive=False, verbosity=0)
    [squashed] = project.glob("0001_squashed*")
    assert "pginterlock.django.operations.InterlockApply(" in squashed.read_text("utf-8")

    assert manage("makemigrations", "--check")[0] == 0
    call_command("migrate", "stays", verbosity=0)
    assert manage("verify")[0] == 0


def test_two_heads_are_refused(project: Path, manage: Run) -> None:
    manage("makemigrations")
    shutil.copy(project / "0002_interlock_booking.py", project / "0002_another.py")

    code, _, err = manage("makemigrations")

    assert code == 2
    assert "app stays has several last migrations: 0002_another, 0002_interlock_booking" in err
    assert "makemigrations --merge" in err


def test_a_table_without_a_model_needs_an_app(project: Path, manage: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    text = (HERE / "interlock.yaml").read_text("utf-8")
    other.write_text(text.replace("stays_booking", "legacy"), "utf-8")

    code, _, err = manage("makemigrations", "--spec", str(other))
    assert (code, "--app LABEL" in err) == (2, True)
    assert manage("makemigrations", "--spec", str(other), "--app", "stays")[0] == 0


def codes(spec: str | Path | None = None) -> list[str]:
    with override_settings(INTERLOCK_SPEC=spec or "interlock.yaml"):
        return [it.id for it in checks.run_checks(tags=["interlock"])]


def test_a_sound_project_has_nothing_to_say() -> None:
    assert codes() == []


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = (HERE / "interlock.yaml").read_text("utf-8")
    assert old in text
    file = tmp_path / "edited.yaml"
    file.write_text(text.replace(old, new), "utf-8")
    return file


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("mode: enforce", "mode: perhaps", ["interlock.E001"]),
        ("mode: enforce", "mode: observe", ["interlock.W004"]),
        ("[room_id]", "[room_nr]", ["interlock.E003"]),
        (
            "final: [CHECKED_OUT, CANCELLED]",
            "final: [CHECKED_OUT, CANCELLED, LOST]",
            ["interlock.E005"],
        ),
        ("initial: [PENDING]", "initial: [CONFIRMED, CHECKED_IN]", ["interlock.E007"]),
    ],
    ids=["spec", "unwritten", "column", "choices", "default"],
)
def test_a_check_finds(tmp_path: Path, old: str, new: str, found: list[str]) -> None:
    assert codes(edited(tmp_path, old, new)) == found


def test_a_spec_that_is_not_there_is_said() -> None:
    assert codes("nowhere.yaml") == ["interlock.E001"]
    assert codes(7) == ["interlock.E001"]  # type: ignore[arg-type]


def test_no_spec_at_all_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with override_settings(INTERLOCK_SPEC=None):
        assert [it.id for it in ours.check_machines(None)] == ["interlock.W001"]


@isolate_apps("tests.integrations.django_project.stays")
def test_a_model_that_disagrees_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loose(models.Model):
        status = models.CharField(max_length=8, null=True)
        room_id = models.IntegerField()
        arrives = models.DateField()
        leaves = models.DateField()
        paid_at = models.DateTimeField()
        checked_in_at = models.DateTimeField()
        checked_out_at = models.DateTimeField(null=True)

        class Meta:
            app_label = "stays"
            db_table = "stays_booking"

    monkeypatch.setattr(apps, "get_models", lambda **_: [Loose])

    found = [it.id for it in ours.check_machines(None)]

    assert found == ["interlock.E004", "interlock.E008", "interlock.E006"]


def test_settings_are_looked_at() -> None:
    order = [
        "pginterlock.django.middleware.ActingMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    with override_settings(MIDDLEWARE=order):
        assert [it.id for it in ours.check_databases(None)] == ["interlock.W002"]


def test_an_actor_that_cannot_be_imported_is_said() -> None:
    with override_settings(INTERLOCK_ACTOR="stays.nobody.actor"):
        assert [it.id for it in ours.check_databases(None)] == ["interlock.E009"]
