"""Play the hotel: every defect of the report on bare tables, and again under the machine."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter

import psycopg
from rich.text import Text

from pginterlock import apply, assets, audit, database, embedded, spec
from pginterlock.hotel import generator, load, place, play, published, screen, script
from pginterlock.hotel.bookings import Booking, give_rooms
from pginterlock.hotel.place import Place
from pginterlock.hotel.play import Outcome
from pginterlock.hotel.screen import Played, Screen
from pginterlock.hotel.script import Block

SPEC = ("sql", "demo", "interlock.yaml")
_MACHINE, _LIFE = "booking", "42"
_FORGE = "delete from interlock.booking_audit where key_id = 42"


@dataclass(frozen=True, slots=True)
class Options:
    """What to play: *rows* made from a seed, or the published *data*; where; and what stays."""

    rows: int = 4000
    data: Path | None = None
    dsn: str | None = None
    keep: bool = False


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who is on the stage: the owner, and two sessions of the application."""

    owner: psycopg.Connection
    first: psycopg.Connection
    second: psycopg.Connection


@dataclass(frozen=True, slots=True)
class _Stage:
    """Where it is played, and what to type to be rid of it after --keep."""

    where: Place
    ending: str
    psql: str = "psql"


def run(options: Options, view: Screen) -> list[str]:
    """Play the demo and return what was not as it should be: nothing, when all is well."""
    started = perf_counter()
    bookings = _bookings(options, view)
    with _stage(options, view) as stage, database.connect(stage.where.owner) as owner:
        _fill(owner, bookings, view)
        with play.sessions(stage.where.application, 2) as (first, second):
            differences = _acts(_Cast(owner, first, second), view)
        _closing(view, stage, options, differences, perf_counter() - started)
    return differences


def _acts(cast: _Cast, view: Screen) -> list[str]:
    defects, races = script.blocks("defects.sql"), script.blocks("races.sql")
    gaps = script.blocks("not_asked.sql")

    view.heading("1. Bare tables: the application writes what it likes")
    with view.working("playing the defects of the report"):
        before = _play_all(cast, defects, races)
        gaps_before = [play.play(cast.first, block) for block in gaps]
        load.reset_played(cast.owner)
    blocks = [*defects, *races]
    screen.went_through(view, list(zip(blocks, before, strict=True)))

    view.heading("2. The machine is applied")
    _apply(cast.owner, view)

    view.heading("3. The same writes again, by the same role")
    with view.working("playing them again"):
        after = _play_all(cast, defects, races, actor="app")
        gaps_after = [play.play(cast.first, block, actor="app") for block in gaps]
    held = _pair(blocks, before, after)
    screen.refusals(view, held)

    view.heading("4. Before and after")
    missing = _pair(gaps, gaps_before, gaps_after)
    screen.before_and_after(view, held, missing)
    screen.tally(view, held, missing)

    view.heading("5. Honest work still passes")
    twins = [(b, play.play(cast.first, b, actor="app")) for b in script.blocks("legal.sql")]
    screen.legal_twins(view, twins)
    return [*_differences(held), *_unplayed(missing), *_refused_twins(twins), *_history(cast, view)]


def _play_all(
    cast: _Cast, defects: Sequence[Block], races: Sequence[Block], actor: str | None = None
) -> list[Outcome]:
    return [
        *(play.play(cast.first, block, actor=actor and _actor(block)) for block in defects),
        *(play.race(cast.first, cast.second, cast.owner, b, actor=actor) for b in races),
    ]


def _actor(block: Block) -> str | None:
    """Return who acts; nobody where the lack of an actor, or of a reason, is the defect."""
    return None if block.code == "IL06" else "app"


def _pair(
    blocks: Sequence[Block], before: Sequence[Outcome], after: Sequence[Outcome]
) -> list[Played]:
    return [Played(*three) for three in zip(blocks, before, after, strict=True)]


def _apply(owner: psycopg.Connection, view: Screen) -> None:
    wanted = spec.parse(assets.read(*SPEC), SPEC[-1])
    started = perf_counter()
    with view.working("applying interlock.yaml"):
        plan = apply.install(owner, wanted)
    count = len(plan.steps)
    view.say(f"{count} steps in {perf_counter() - started:.1f} s: every row judged, table armed")


def _history(cast: _Cast, view: Screen) -> list[str]:
    view.heading("6. The life of booking 42, as the database recorded it")
    wrong, refused = [], []
    for block in script.blocks("life.sql"):
        done = play.commit(cast.first, block, actor=block.writer, reason=block.headers["reason"])
        refused += [done.code] if done.code else []
        if done.code != block.code or done.stored == bool(block.code):
            wrong.append(f"life of booking 42, {block.title}: {done.message or 'went through'}")
    screen.timeline(view, audit.history(cast.owner, _MACHINE, [_LIFE]))
    codes = ", ".join(refused)
    view.say(f"{len(refused)} writes on the way were refused ({codes}) and left no entry.")
    try:
        cast.first.execute(_FORGE)
        wrong.append("the application could delete from the history")
    except psycopg.Error as error:
        said = play.refusal(error).message
        view.say("The application tries to erase it: ", ("ERROR: ", "bold"), said)
    return wrong


def _differences(held: Sequence[Played]) -> list[str]:
    lines = []
    for one in held:
        if not one.before.stored:
            lines.append(f"{one.block.title}: did not go through before ({one.before.message})")
        if not one.after.refused:
            lines.append(f"{one.block.title}: was not refused after")
        elif one.after.code != one.block.code:
            found = one.after.code or one.after.sqlstate
            lines.append(f"{one.block.title}: refused by {found}, not by {one.block.code}")
    return lines


def _unplayed(gaps: Sequence[Played]) -> list[str]:
    return [
        f"{one.block.title}: did not go through before" for one in gaps if not one.before.stored
    ]


def _refused_twins(twins: Sequence[tuple[Block, Outcome]]) -> list[str]:
    return [
        f"honest work does not pass: {block.title} ({outcome.message or 'had no effect'})"
        for block, outcome in twins
        if not outcome.stored
    ]


def _bookings(options: Options, view: Screen) -> list[Booking]:
    if not options.data:
        return generator.generate(options.rows, date.today())
    with view.working(f"reading {options.data}"):
        found = published.read(options.data)
    view.say(f"{len(found.bookings):,} bookings of the published data set ({published.NAME})")
    if found.day_visits:
        view.say(f"{found.day_visits:,} of them stay no night and are kept as a stay of one night")
    return found.bookings


def _fill(owner: psycopg.Connection, bookings: Sequence[Booking], view: Screen) -> None:
    started = perf_counter()
    with view.working("making the hotel"), database.faults():
        housed, rooms = give_rooms(bookings)
        load.make_schema(owner)
        load.fill(owner, rooms, housed)
    version = owner.info.parameter_status("server_version") or ""
    view.panel(
        "interlock demo",
        Text(
            f"PostgreSQL {version.split(' ')[0]}, schema hotel: {len(rooms):,} rooms,"
            f" {len(housed):,} bookings, loaded in {perf_counter() - started:.1f} s"
        ),
        Text("Nothing holds the rules but the application, which writes as role hotel_app."),
    )


@contextmanager
def _stage(options: Options, view: Screen) -> Iterator[_Stage]:
    """Open the place to play in, and close it at the end unless it is to stay."""
    dsn = embedded.PREFIX if options.dsn is None else options.dsn
    if not dsn.startswith(embedded.PREFIX):
        with place.on_server(dsn, keep=options.keep) as where:
            yield _Stage(where, f"drop database {place.DATABASE};")
        return
    folder = dsn.removeprefix(embedded.PREFIX)
    with view.working("starting PostgreSQL"):
        server = embedded.start(folder=Path(folder) if folder else None)
    try:
        with place.on_server(server.dsn(), keep=options.keep or not folder) as where:
            application = server.dsn(place.DATABASE, load.APPLICATION)
            ending = server.stop_command + ("" if folder else f" && rm -r {server.folder}")
            yield _Stage(replace(where, application=application), ending, _psql(server))
        if options.keep:
            server.keep()
    finally:
        server.stop()


def _psql(server: embedded.Server) -> str:
    """Return how to call psql: by its name, else the one that came with the server."""
    beside = server.bin_dir / "psql"
    return str(beside) if beside.exists() and not shutil.which("psql") else "psql"


def _closing(
    view: Screen, stage: _Stage, options: Options, differences: Sequence[str], seconds: float
) -> None:
    view.say()
    if differences:
        view.panel("Not as it should be", *(Text(line, "red") for line in differences))
    else:
        view.say(("All is as it should be.", "bold green"), f" {seconds:.1f} s in total.")
    view.commands("What to type next", *_next(stage, options))


def _next(stage: _Stage, options: Options) -> list[str]:
    if options.keep:
        dsn = database.hide(stage.where.owner)
        return [
            f"export INTERLOCK_DSN='{dsn}'",
            f'{stage.psql} "$INTERLOCK_DSN"',
            f"interlock history {_MACHINE} {_LIFE}",
            f"interlock verify --spec {assets.root().joinpath(*SPEC)}",
            f"{stage.ending}  # when you are done",
        ]
    return [
        "interlock demo --keep          the same, and the server stays for you to try",
        "interlock check                your own interlock.yaml, without a database",
        "interlock plan --dsn DSN       the SQL that would guard your table",
        "interlock apply --dsn DSN      guard it;  interlock verify  proves it",
    ]
