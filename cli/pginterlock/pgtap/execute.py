"""Run one pgTAP file in one database: with psql, or through the driver where there is no psql."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo, pq

from pginterlock import database
from pginterlock.embedded import find_binaries
from pginterlock.errors import EnvironmentFault
from pginterlock.pgtap.script import Echo, ScriptError, read

# What must never stand among the arguments of a process: psql takes the password from the
# environment, and for the other two there is no such way.
_PASSWORD = "password"  # noqa: S105 - the name of a setting
_UNSPEAKABLE = ("sslpassword", "oauth_client_secret")
_OPTIONS = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
_MAX_ERROR_LINES = 20


@dataclass(frozen=True, slots=True)
class Said:
    """What a file said: its *output*, and the *error* that ended it, if one did."""

    output: str
    error: str | None


def find_psql(bin_dir: Path | None = None) -> Path | None:
    """Return psql: beside the server in *bin_dir*, else on PATH, else beside any server here."""
    if bin_dir and (bin_dir / "psql").is_file():
        return bin_dir / "psql"
    if found := shutil.which("psql"):
        return Path(found)
    try:
        beside = find_binaries() / "psql"
    except EnvironmentFault:
        return None
    return beside if beside.is_file() else None


def execute(file: Path, dsn: str, *, psql: Path | None, time_limit_s: float | None = None) -> Said:
    """Run *file* in the database *dsn*; *psql* None means through the driver."""
    settings = conninfo.conninfo_to_dict(dsn)
    if psql is None or any(settings.get(name) for name in _UNSPEAKABLE):
        return _through_driver(file, dsn, time_limit_s)
    password = settings.pop(_PASSWORD, None)
    environment = {**os.environ, "PGCLIENTENCODING": "UTF8"}
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    target = conninfo.make_conninfo("", **settings)
    command = [str(psql), *_OPTIONS, "-d", target, "-f", str(file)]
    return _through_psql(command, environment, time_limit_s)


def _through_psql(
    command: list[str], environment: dict[str, str], time_limit_s: float | None
) -> Said:
    try:
        done = subprocess.run(  # noqa: S603 - psql, which we found ourselves
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=time_limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Said(_text(late.stdout), _late(time_limit_s))
    except OSError as error:
        raise EnvironmentFault(f"{command[0]} does not run: {error.strerror}") from None
    error_text = _told(_text(done.stderr))
    if done.returncode == 0:
        return Said(_text(done.stdout), None)
    return Said(_text(done.stdout), error_text or f"psql ended with {done.returncode}")


def _through_driver(file: Path, dsn: str, time_limit_s: float | None) -> Said:
    lines: list[str] = []
    # Each statement gets the whole limit: the server keeps no clock for a session.
    limit = f"-c statement_timeout={int(time_limit_s * 1000)}" if time_limit_s else ""
    place = str(file)
    try:
        with database.connect(_with_options(dsn, limit)) as connection:
            for item in read(file, {}):
                if isinstance(item, Echo):
                    lines.append(item.text)
                    continue
                place = item.place
                lines += _rows(connection.execute(item.text.encode()))
    except ScriptError as error:
        return Said("\n".join(lines), str(error))
    except psycopg.errors.QueryCanceled as error:
        return Said("\n".join(lines), f"{place}: {_late(time_limit_s)} ({error})")
    except psycopg.Error as error:
        return Said("\n".join(lines), _told(f"{place}: {_complaint(error)}"))
    return Said("\n".join(lines), None)


def _with_options(dsn: str, more: str) -> str:
    if not more:
        return dsn
    told = conninfo.conninfo_to_dict(dsn).get("options") or os.environ.get("PGOPTIONS") or ""
    return conninfo.make_conninfo(dsn, options=f"{told} {more}".strip())


def _rows(cursor: psycopg.Cursor) -> list[str]:
    """Return the rows as psql prints them without decoration: as text, fields parted by |."""
    result = cursor.pgresult
    if result is None or result.status != pq.ExecStatus.TUPLES_OK:
        return []
    return [
        "|".join(_text(result.get_value(row, column)) for column in range(result.nfields))
        for row in range(result.ntuples)
    ]


def _complaint(error: psycopg.Error) -> str:
    told = error.diag
    if told.message_primary is None:
        return str(error)
    lines = [f"{told.severity}:  {told.message_primary}"]
    lines += [f"{name}:  {text}" for name, text in _details(told) if text]
    return "\n".join(lines)


def _details(told: psycopg.errors.Diagnostic) -> list[tuple[str, str | None]]:
    return [
        ("DETAIL", told.message_detail),
        ("HINT", told.message_hint),
        ("CONTEXT", told.context),
    ]


def _told(text: str) -> str:
    """Return the end of what was said on stderr, without passwords."""
    lines = [line for line in database.hide(text).splitlines() if line.strip()]
    return "\n".join(lines[-_MAX_ERROR_LINES:])


def _late(time_limit_s: float | None) -> str:
    return f"stopped after {time_limit_s:g} s" if time_limit_s else "stopped"


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", errors="replace")
