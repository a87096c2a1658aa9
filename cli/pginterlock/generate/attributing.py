"""Attacks on IL06: nobody acts, a blank does, or one whom a claim or a bad token names."""

from collections.abc import Sequence

from pginterlock.choices import ActorNeed, Mode
from pginterlock.elements import Transition
from pginterlock.generate import acting, changing
from pginterlock.generate.acting import KEY, RETIRED_KEY
from pginterlock.generate.trying import NotTried, Script
from pginterlock.names import literal

_RULE = "attribution"
# What the guards need to know when a connection began (`interlock.challenge`).
_SEES_CONNECTIONS = (
    "do $try$ begin execute format('grant pg_read_all_stats to %I', (select"
    " pg_get_userbyid(p.proowner) from pg_proc as p"
    " where p.oid = 'interlock.challenge(text)'::regprocedure)); end $try$"
)
_OTHER_TRANSACTION = (
    "concat('transaction.', pg_backend_pid(), '.', pg_current_xact_id()::text::bigint - 1)"
)
_OTHER_CONNECTION = "concat('connection.', pg_backend_pid() + 1, '.0')"
_OF_CONNECTION = "tester of a connection"

SERVANT = "interlock:tester"  # only the database itself has such a name

# What is told of an attempt, and the statements that come before the write.
Attempt = tuple[str, tuple[str, ...]]


def write(script: Script) -> None:
    """Write what the machine asks of who acts, at every kind of write that leaves an entry."""
    machine = script.maker.machine
    attempts = attempts_on(script)
    if not attempts:
        return
    if machine.mode_of(_RULE) is Mode.OBSERVE:
        why = f"{_RULE} is in mode observe: it records, and refuses nothing"
        script.not_tried.append(NotTried("who acts", why))
        return
    for number, state in enumerate(machine.initial):
        for told, before in attempts if number == 0 else attempts[:1]:
            with script.trying(f"a row does not begin in {state} {told}"):
                text, _ = script.maker.born(state)
                refused(script, text, f"a row does not begin in {state} {told}", before)
    for told, before in outermost(attempts):
        _elsewhere(script, told, before)
    if acting.is_signed(machine):
        _said_at_once(script)
        _believed(script)


def _elsewhere(script: Script, told: str, before: tuple[str, ...]) -> None:
    """Write one attempt at all that leaves an entry and is no birth."""
    maker, machine = script.maker, script.maker.machine
    for it in machine.transitions:
        with script.trying(f"{it.event} from {it.from_state} {told} is refused"):
            _moved(script, it, told, before)
        for column in machine.audit.columns[:1]:
            with script.trying(f"{it.event} with {column}", is_extra=True):
                _moved(script, it, told, before, column)
    for state in machine.deletion:
        with script.trying(f"a row in {state} is not deleted {told}"):
            row = maker.make(state)
            text = f"delete from {maker.name} where {maker.where(row)}"
            refused(script, text, f"a row in {state} is not deleted {told}", before)
    for column in machine.audit.columns[:1]:
        with script.trying(f"{column} does not change {told}"):
            row = maker.make(machine.initial[0])
            text = maker.update(row, changing.other(maker, row, column))
            refused(script, text, f"{column} does not change {told}", before)


def _moved(
    script: Script, it: Transition, told: str, before: tuple[str, ...], column: str | None = None
) -> None:
    """Write the move *it*, and with it a change of *column*, which the history keeps."""
    row = script.maker.make(it.from_state, then=it)
    sets = script.maker.changes(row, it)
    if column:
        sets = {**changing.other(script.maker, row, column), **sets}
    text = script.maker.update(row, sets)
    # Who is not known may be one who approved: then nobody's approval counts, and that is said.
    may_be_told = acting.is_signed(script.maker.machine) and it.approvals is not None
    beside = f", with {column}," if column else ""
    name = f"{it.event} from {it.from_state}{beside} {told} is refused"
    refused(script, text, name, before, ("IL05",) if may_be_told else ())


def outermost(attempts: list[Attempt]) -> list[Attempt]:
    """Return the first and the last of *attempts*: one function judges all between alike."""
    return list(dict.fromkeys([*attempts[:1], *attempts[-1:]]))


def refused(
    script: Script, text: str, name: str, before: Sequence[str], instead: tuple[str, ...] = ()
) -> None:
    """Write that *text*, a write, is refused after the statements of an attempt."""
    after = (acting.act(script.maker.machine),)
    script.refused("IL06", text, name, (before, after), instead)


def attempts_on(script: Script) -> list[Attempt]:
    """Return the attempts that the machine refuses with IL06: what they are, what comes before."""
    machine = script.maker.machine
    found: list[Attempt] = []
    match machine.audit.actor:
        case ActorNeed.REQUIRED:
            blank = "select set_config('interlock.actor', '  ', true)"
            found.append(("without an actor", ("select interlock.act_as('')",)))
            found.append(("under a blank for an actor", (blank,)))
        case ActorNeed.SIGNED:
            claim = f"select interlock.act_as({literal(acting.ACTOR)})"
            found.append(("without a token", (_held("''"), claim)))
            found += _bad_tokens()
        case ActorNeed.OPTIONAL:
            pass
    if any(machine.mode_of("reaction", it.name) is not Mode.OBSERVE for it in machine.reactions):
        servant = acting.act(machine, SERVANT)
        found.append(("under an actor that only the database is", (servant,)))
    return found


def _held(token: str) -> str:
    """Return the statement that puts *token*, as SQL, where the guards look: anybody can."""
    return f"select set_config('interlock.token', {token}, true)"


def _bad_tokens() -> list[Attempt]:
    good = acting.token()
    renamed = f"replace({good}, {literal(f':{acting.ACTOR}')}, ':somebody else')"
    elsewhere = acting.token(p_challenge=_OTHER_CONNECTION)
    return [
        ("with what is no token", (_held(f"'il1:{KEY}:tester'"),)),
        ("with a forged signature", (_held(f"pg_temp.forged({good})"),)),
        ("with a token that was signed for another actor", (_held(renamed),)),
        ("with a token that has expired", (_held(acting.token(p_lasts="'-1 minute'")),)),
        (
            "with a token of a key that is retired",
            (_held(acting.token(p_key_id=literal(RETIRED_KEY))),),
        ),
        (
            "with a token of a key that is not known here",
            (_held(f"replace({good}, {literal(f':{KEY}:')}, ':interlock-unknown:')"),),
        ),
        (
            "with a token of another transaction",
            (_held(acting.token(p_challenge=_OTHER_TRANSACTION)),),
        ),
        ("with a token of another connection", (_SEES_CONNECTIONS, _held(elsewhere))),
    ]


def _said_at_once(script: Script) -> None:
    """Write that `act_as_signed` does not take a forged token."""
    name = "a forged token is refused where it is given"
    with script.trying(name):
        text = f"select interlock.act_as_signed(pg_temp.forged({acting.token()}))"
        script.refused("IL06", text, name)


def _believed(script: Script) -> None:
    """Write that good tokens are believed, and are what the history keeps of who acts."""
    of_connection = acting.token(_OF_CONNECTION, p_challenge="interlock.challenge('connection')")
    for told, actor, before in (
        ("transaction", acting.ACTOR, (acting.act(script.maker.machine),)),
        (
            "connection",
            _OF_CONNECTION,
            (_SEES_CONNECTIONS, f"select interlock.act_as_signed({of_connection})"),
        ),
    ):
        with script.trying(f"a token of this {told} is believed"):
            maker = script.maker
            text, row = maker.born(maker.machine.initial[0])
            for it in before:
                maker.do(it)
            maker.do("select interlock.act_as('somebody else')")
            script.allowed(text, f"a token of this {told} is believed")
            script.holds(
                script.entry(row, "concat_ws(' by ', a.actor, a.signed_by)"),
                f"{actor} by {KEY}",
                "and says who acted, whatever was claimed",
            )
            maker.do(acting.act(maker.machine))
