"""`--sql` of a machine that depends on owners and roles: the script asks the database it meets."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic.util import CommandError
from tests.integrations import alembic_rights
from tests.integrations.alembic_depot import Depot, is_sound, run_psql
from tests.integrations.alembic_rights import BARE, CHANGED, definitions
from tests.servers import TestServer

from pginterlock import embedded

_count = count()


@pytest.fixture(scope="module")
def rights_server(server: TestServer) -> Iterator[embedded.Server]:
    """A server with the roles of the depot."""
    with embedded.running(bin_dir=server.bin_dir) as started:
        yield started


@pytest.fixture
def depot(rights_server: embedded.Server, tmp_path: Path) -> Depot:
    """An environment on a database with tables and no machine, that revisions upgrade."""
    dsn = alembic_rights.make(rights_server, f"online_{next(_count)}")
    return alembic_rights.lay_out(tmp_path / "depot", dsn)


@pytest.fixture
def there(depot: Depot, rights_server: embedded.Server) -> Depot:
    """The same environment on another such database, where scripts are run."""
    return Depot(depot.folder, alembic_rights.make(rights_server, f"script_{next(_count)}"))


def run(psql: Path, there: Depot, script: str) -> None:
    """Run *script* to its end."""
    ran = run_psql(psql, there.dsn, script)
    assert ran.returncode == 0, ran.stderr


def revise(depot: Depot, *changes: tuple[str, str]) -> str:
    """Change the spec, write a revision, run it with the database at hand; return its name."""
    depot.change("interlock.yaml", *changes)
    found = re.search(r"^revision.* = .(\w+)", depot.revision(), re.MULTILINE)
    assert found
    depot.upgrade()
    return found[1]


def is_same(depot: Depot, there: Depot) -> None:
    """Hold the database of the script against the other, and against the spec."""
    there.check()
    is_sound(there)
    has_same_definitions(depot, there)


def has_same_definitions(depot: Depot, there: Depot) -> None:
    online, script = definitions(depot.dsn), definitions(there.dsn)
    assert {name: rows for name, rows in script.items() if rows != online[name]} == {}


def of_users(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[str]]:
    """Return what lies outside of schema interlock, without who granted it."""
    return {
        name: [re.sub(r" by \w+", "", str(row)) for row in rows if "interlock" not in str(row)]
        for name, rows in found.items()
        if name != "schemas"
    }


def test_a_script_goes_where_revisions_go(depot: Depot, there: Depot, psql: Path) -> None:
    """Put on, changed, without what depends on rights; and all the way back."""
    before = definitions(there.dsn)
    texts, at = [""], "base"
    for changes in ((), CHANGED, BARE):
        name = revise(depot, *changes)
        texts.append((depot.folder / "interlock.yaml").read_text(encoding="utf-8"))
        run(psql, there, depot.sql(name if at == "base" else f"{at}:{name}"))
        is_same(depot, there)
        at = name
    assert there.ask("select max(version) from interlock.machine_version") == [(3,)]

    for text in reversed(texts[1:-1]):
        run(psql, there, depot.sql(f"{at}:{at}-1", down=True))
        depot.downgrade()
        depot.write("interlock.yaml", text)
        is_same(depot, there)
        (at,) = depot.ask("select version_num from alembic_version")[0]
    run(psql, there, depot.sql(f"{at}:base", down=True))
    depot.downgrade()
    has_same_definitions(depot, there)

    assert there.ask("select * from interlock.machine") == []
    after = of_users(definitions(there.dsn))
    assert {name: after[name] for name in before if name != "schemas"} == of_users(before)
