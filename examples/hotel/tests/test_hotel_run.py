"""The commands of the README start the applications, each on a PostgreSQL of its own."""

import os
import signal
import subprocess
import sys

import pytest
from examples.hotel.tests.client import Hotel
from tests.servers import ROOT


@pytest.mark.slow
@pytest.mark.parametrize(("application", "status"), [("before", 200), ("after", 409)])
def test_an_unpaid_booking_is_confirmed_before_and_refused_after(
    application: str, status: int
) -> None:
    command = [sys.executable, "-m", "examples.hotel", application, "--port", "0"]
    paths = os.pathsep.join([str(ROOT / "cli"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            answer = Hotel(url, "", None).post("/staff/bookings/1/confirm")  # type: ignore[arg-type]
        finally:
            process.send_signal(signal.SIGINT)

    assert answer.status == status
    assert process.returncode == 0
