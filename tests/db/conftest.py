"""What tests of the database share, besides servers and databases."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import servers
from tests.db.killing import Victim
from tests.servers import TestServer


@pytest.fixture
def victim(server: TestServer) -> Iterator[Victim]:
    """A server of its own, to be killed; its folder has a short name, for its socket."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = Victim(servers.binaries(server.major), Path(folder) / "server")
        yield made
        made.place.stop()
