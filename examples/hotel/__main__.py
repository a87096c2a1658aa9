"""Run one of the two applications on a PostgreSQL of its own: python -m examples.hotel before."""

import argparse
import contextlib
import os

import psycopg
from examples.hotel.place import SPEC, build
from examples.hotel.serve import SETTINGS, serve

from pginterlock import embedded, spec


def main() -> None:
    """Start a server, make the hotel, serve until Ctrl-C."""
    words = argparse.ArgumentParser(prog="python -m examples.hotel", description=__doc__)
    words.add_argument("application", choices=SETTINGS)
    words.add_argument("--port", type=int, default=8000)
    given = words.parse_args()
    with embedded.running() as server:
        with psycopg.connect(server.dsn(), autocommit=True) as session:
            build(session, spec.load(SPEC) if given.application == "after" else None)
        os.environ["HOTEL_DSN"] = server.dsn(user="hotel_app")
        with contextlib.suppress(KeyboardInterrupt):
            serve(SETTINGS[given.application], given.port)


if __name__ == "__main__":
    main()
