"""Play sessions at random against the model, on servers of its own: ``make soak-races``.

Ends with 0 where database and model agreed, 1 where they did not, 2 on wrong options, 3 where no
server is to be had.
"""

import argparse
import multiprocessing
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg
from rich.console import Console
from tests import servers
from tests.races import report
from tests.races.rounds import SESSIONS, Round, Setting, build, play, setting_of

from pginterlock import embedded
from pginterlock.errors import EnvironmentFault

_OPERATIONS, _A_ROUND = 1_000_000, 20_000
_SETTINGS = {"deadlock_timeout": "20ms", "jit": "off", "max_connections": "40"}
_WIDTH = 100


@dataclass(slots=True)
class Place:
    """A server, and the databases that rounds are cloned from."""

    server: embedded.Server
    sum: report.Sum
    templates: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def database(self, setting: Setting) -> Iterator[str]:
        """Make a database where the inn is empty, under its machine."""
        with psycopg.connect(self.server.dsn(), autocommit=True) as admin:
            if setting.compiled not in self.templates:
                name = f"template_{len(self.templates)}"
                admin.execute(f"create database {name}".encode())
                with psycopg.connect(self.server.dsn(name), autocommit=True) as session:
                    build(session, setting)
                self.templates[setting.compiled] = name
            admin.execute(
                f"create database played template {self.templates[setting.compiled]}".encode()
            )
            try:
                yield self.server.dsn("played")
            finally:
                admin.execute("drop database played with (force)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = _parser().parse_args(arguments)
    seed = options.seed or str(random.SystemRandom().randrange(10**9))
    try:
        with ExitStack() as stack:
            places = [_start(stack, major) for major in options.pg]
            context = multiprocessing.get_context("spawn")
            pool = stack.enter_context(ProcessPoolExecutor(options.sessions, mp_context=context))
            is_sound = _play_all(places, pool, seed, options)
    except EnvironmentFault as fault:
        sys.stderr.write(f"soak-races: {fault.message}\n  {fault.remedy or ''}\n")
        return fault.exit_code
    return 0 if is_sound else 1


def _start(stack: ExitStack, major: int) -> Place:
    server = stack.enter_context(
        embedded.running(bin_dir=servers.binaries(major), settings=_SETTINGS)
    )
    with psycopg.connect(server.dsn()) as session:
        version = session.info.parameter_status("server_version") or str(major)
    return Place(server, report.Sum(version.split()[0]))


def _play_all(
    places: Sequence[Place], pool: Executor, seed: str, options: argparse.Namespace
) -> bool:
    """Play round after round, on each version by turns; stop at the first that is not sound."""
    rounds = -(-options.operations // _A_ROUND)
    last = min(rounds, options.first_round + (options.rounds or rounds) - 1)
    is_sound = True
    for number in range(options.first_round, last + 1):
        place = places[number % len(places)]
        operations = min(_A_ROUND, options.operations - (number - 1) * _A_ROUND)
        played = _play(place, pool, f"{seed}/{number}", operations, options.sessions)
        _say(f"round {number} of {rounds}: {_told(place, played)}")
        if played.found:
            again = f"--seed {seed} --first-round {number} --rounds 1 --pg {_majors(places)}"
            again += f" --operations {options.operations} --sessions {options.sessions}"
            again = f'make soak-races RACES_ARGS="{again}"'
            sys.stdout.write(report.disagreements(played, place.sum.version, again))
            is_sound = False
            break
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    report.show(console, [it.sum for it in places])
    console.print(f"seed {seed}, {options.sessions} sessions, 20 rows at a time")
    return is_sound


def _play(place: Place, pool: Executor, seed: str, operations: int, sessions: int) -> Round:
    setting = setting_of(seed)
    with place.database(setting) as dsn:
        played = play(dsn, seed, setting, operations, pool, sessions=sessions)
    place.sum.add(played)
    return played


def _told(place: Place, played: Round) -> str:
    operations = sum(it.operations for it in played.told)
    return (
        f"PostgreSQL {place.sum.version}, {played.setting}: {operations:,} operations,"
        f" {operations / played.seconds:,.0f} a second, {len(played.found)} disagreements"
    )


def _majors(places: Sequence[Place]) -> str:
    return ",".join(it.sum.version.split(".")[0] for it in places)


def _say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _versions(text: str) -> list[int]:
    found = [int(word) for word in text.split(",")]
    if len(set(found)) != len(found):
        raise argparse.ArgumentTypeError(f"{text}: one version is named twice")
    return found


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than 1")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, prog="soak-races")
    parser.add_argument("--seed", help="what the dice are thrown from (default: another each time)")
    parser.add_argument(
        "--operations",
        type=_positive,
        default=_OPERATIONS,
        help=f"statements (default {_OPERATIONS:,})",
    )
    parser.add_argument(
        "--pg", type=_versions, default=[15, 18], metavar="15,18", help="versions, by turns"
    )
    parser.add_argument("--sessions", type=_positive, default=SESSIONS, help="at the same time")
    parser.add_argument(
        "--first-round", type=_positive, default=1, help="go on after a run that was cut short"
    )
    parser.add_argument("--rounds", type=_positive, help=f"of {_A_ROUND:,} statements, at most")
    return parser


if __name__ == "__main__":
    sys.exit(main())
