"""An Alembic environment for a test: models, env.py, a spec, and what is done with it."""

import os
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import alembic
import psycopg
from alembic import command
from alembic.config import Config
from psycopg.conninfo import conninfo_to_dict

from pginterlock import spec
from pginterlock.database import connect
from pginterlock.findings import Severity
from pginterlock.verify import verify

SPEC = """\
interlock: 1
machines:
  parcel:
    table: depot.parcel
    state: status
    mode: enforce
    initial: [NEW]
    final: [SENT]
    transitions:
      pack: {from: NEW, to: PACKED, guard: weight > 0}
      send: {from: PACKED, to: SENT}
    stamps: {packed_at: PACKED}
    claims:
      dock: {resource: [dock], in: [PACKED]}
"""
MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
parcel = sa.Table(
    "parcel",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("packed_at", sa.DateTime(timezone=True)),
    sa.Column("weight", sa.Integer, index=True),
    sa.Column("dock", sa.Integer),
    sa.CheckConstraint("weight > 0", name="weighs"),
    schema="depot",
)
"""
ENV = """\
import os
import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import context
import pginterlock.alembic

metadata = runpy.run_path(str(Path(__file__).with_name("models.py")))["metadata"]
common = {{"target_metadata": metadata, "include_schemas": True, {options}}}
if context.is_offline_mode():
    offline = {{"dialect_name": "postgresql", "dialect_opts": {{"paramstyle": "named"}}}}
    context.configure(literal_binds=True, **offline, **common)
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = sa.create_engine(os.environ["ALEMBIC_URL"], poolclass=sa.NullPool{engine})
    with engine.connect() as connection:
        context.configure(connection=connection, **common)
        with context.begin_transaction():
            context.run_migrations()
"""
ASYNC_ENV = """\
import asyncio
import os
import runpy
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from sqlalchemy.ext.asyncio import create_async_engine
import pginterlock.alembic

metadata = runpy.run_path(str(Path(__file__).with_name("models.py")))["metadata"]


def migrate(connection):
    context.configure(connection=connection, target_metadata=metadata, include_schemas=True)
    with context.begin_transaction():
        context.run_migrations()


async def run():
    engine = create_async_engine(os.environ["ALEMBIC_URL"], poolclass=sa.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(run())
"""

_ENUM = (
    'sa.Column("status", sa.Text',
    'sa.Column("status", sa.Enum("NEW", "PACKED", "SENT", name="st", schema="depot")',
)
_PARTITIONED = (
    '    schema="depot",\n)',
    '    schema="depot",\n    postgresql_partition_by="range (id)",\n)',
)
FORMS = {
    "native CHECKs, an enum, heads and tombstones": (
        (
            "mode: enforce",
            "mode: enforce\n    checks: native\n    continuity: online\n"
            "    deletion: {from: [NEW]}",
        ),
        ("{resource: [dock]", "{resource: [dock], during: 'int4range(weight, weight + 1)'"),
    ),
    "observe, and a claim that is sought": (("mode: enforce", "mode: observe"),),
    "a partitioned table, judged by its trigger": (
        ("mode: enforce", "mode: ratchet\n    checks: trigger"),
    ),
}


def url(dsn: str, driver: str = "psycopg") -> str:
    """Return a libpq string as SQLAlchemy writes it."""
    told = conninfo_to_dict(dsn)
    place = f"host={told['host']}&port={told.get('port', 5432)}"
    return f"postgresql+{driver}://{told['user']}@/{told['dbname']}?{place}"


@dataclass
class Depot:
    """One environment in *folder*, on the database *dsn*."""

    folder: Path
    dsn: str
    driver: str = "psycopg"
    options: dict[str, str] = field(default_factory=dict)

    def lay_out(self, *, env: str = ENV, options: str = "", engine: str = "") -> "Depot":
        """Write models, spec, env.py and alembic.ini."""
        (self.folder / "versions").mkdir(parents=True, exist_ok=True)
        template = Path(alembic.__file__).parent / "templates" / "generic" / "script.py.mako"
        shutil.copy(template, self.folder)
        text = env if env is ASYNC_ENV else env.format(options=options, engine=engine)
        self.write("env.py", text)
        self.write("models.py", MODELS)
        self.write("interlock.yaml", SPEC)
        self.ini()
        return self

    def ini(self, **options: str) -> None:
        """Write alembic.ini with *options*."""
        told = {"script_location": "%(here)s", **self.options, **options}
        lines = [f"{name} = {value}" for name, value in told.items()]
        self.write("alembic.ini", "\n".join(["[alembic]", *lines, ""]))

    def write(self, name: str, text: str) -> None:
        """Write the file *name*."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def change(self, name: str, *pairs: tuple[str, str]) -> None:
        """Replace texts in the file *name*; each must be there."""
        text = (self.folder / name).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new)
        self.write(name, text)

    def revision(self, name: str = "", **options: Any) -> str:
        """Write a revision by autogenerate, and return its text."""
        written = self._run(
            lambda it: command.revision(it, name or "change", autogenerate=True, **options)
        )
        return Path(written.path).read_text(encoding="utf-8")

    def versions(self) -> list[Path]:
        """Return the files of the revisions."""
        return sorted((self.folder / "versions").glob("*.py"))

    def upgrade(self, to: str = "head") -> None:
        """Run the revisions up to *to*."""
        self._run(lambda config: command.upgrade(config, to))

    def downgrade(self, to: str = "-1") -> None:
        """Take revisions back, down to *to*."""
        self._run(lambda config: command.downgrade(config, to))

    def check(self, config: Config | None = None) -> None:
        """Run `alembic check`, by *config*: it raises where a revision is due."""
        self._run(command.check, config)

    def sql(self, span: str, *, down: bool = False) -> str:
        """Return what --sql writes for *span*."""
        written = StringIO()
        config = Config(str(self.folder / "alembic.ini"), output_buffer=written)
        (command.downgrade if down else command.upgrade)(config, span, sql=True)
        return written.getvalue()

    def _run(self, what: Callable[[Config], Any], config: Config | None = None) -> Any:
        os.environ["ALEMBIC_URL"] = url(self.dsn, self.driver)
        return what(config or Config(str(self.folder / "alembic.ini"), stdout=StringIO()))

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Run SQL in a session of its own, and return its rows."""
        with psycopg.connect(self.dsn, autocommit=True) as session:
            found = session.execute(query.encode())
            return found.fetchall() if found.description else []


def run_psql(psql: Path, dsn: str, script: str) -> subprocess.CompletedProcess[str]:
    """Run *script* as a person would, with psql."""
    return subprocess.run(
        [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", dsn],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )


def only_machine(script: str) -> str:
    """Return the part of *script* that is ours: it can be run again."""
    begin = script.index("-- One step of a script")
    end = script.index("INSERT INTO alembic_version")
    return f"begin;\n{script[begin:end]}\ncommit;\n"


def shaped(depot: "Depot", form: str) -> "Depot":
    """Give the spec and the models of *depot* one of `FORMS`."""
    depot.change("interlock.yaml", *FORMS[form])
    if "enum" in form:
        depot.change("models.py", _ENUM)
    if "partitioned" in form:
        depot.change("models.py", _PARTITIONED)
    return depot


def body(text: str, function: str) -> str:
    """Return the body of *function* of a revision, as flat text."""
    found = text.partition(f"def {function}()")[2].partition("\n\n\n")[0]
    return textwrap.dedent(found)


def order(text: str, *parts: str) -> bool:
    """Whether *parts* come one after the other in *text*."""
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def is_sound(depot: Depot) -> None:
    """Hold the database against the spec, with its history, as `interlock verify` does."""
    with connect(depot.dsn) as connection:
        found = verify(connection, spec.load(depot.folder / "interlock.yaml"))
    assert [it for it in found.findings if it.severity is Severity.ERROR] == []
