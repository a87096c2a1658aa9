"""A proposal as the text of a spec, with the evidence beside each line.

Pure: proposal in, text out. What is not sure stands there as a comment.
"""

import json
import re
from collections.abc import Sequence
from itertools import groupby

from pginterlock.proposal.judgement import Proposal, Suggested, SuggestedMove

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_EVENT = re.compile(r"[^a-z0-9]+")
# Words that YAML 1.1 readers (editors, linters) take for something else.
_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_WIDTH = 60


def write(proposal: Proposal, machine: str) -> str:
    """Return the spec of *machine*, commented."""
    seen = proposal.evidence
    lines = [
        f"# A first spec of {seen.table}, {seen.source}.",
        "# It only observes: nothing is refused until `mode` says so. Read every line: it tells",
        "# what was seen, and not what is right. Next: interlock check, then interlock plan.",
        "interlock: 1",
        "",
        "machines:",
        f"  {_scalar(machine)}:",
        f"    table: {_table(proposal)}",
        *_state(proposal),
        *_key(proposal),
        "    mode: observe",
        f"    initial: {_list(proposal.initial)}",
        f"    final: {_list(proposal.final)}",
        "",
        *_transitions(proposal),
        "",
        *_section("stamps", _stamps(proposal.stamps)),
        *_section("states", _required(proposal.required)),
        *_claims(proposal),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def machine_name(table: str) -> str:
    """Return a name for the machine of *table* that a spec takes."""
    name = _EVENT.sub("_", table.lower()).strip("_") or "machine"
    return f"machine_{name}" if name[0].isdigit() else name


def event_names(states: Sequence[str]) -> dict[str, str]:
    """Return a name of the event for each state that is entered, no two the same."""
    found: dict[str, str] = {}
    for state in states:
        base = _EVENT.sub("_", state.lower()).strip("_") or "move"
        base = f"to_{base}" if base[0].isdigit() else base
        name, number = base, 2
        while name in found.values():
            name, number = f"{base}_{number}", number + 1
        found[state] = name
    return found


def _scalar(text: str) -> str:
    is_plain = _PLAIN.match(text) and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_scalar, texts))}]"


def _table(proposal: Proposal) -> str:
    name = proposal.evidence.table
    plain = all(_PLAIN.match(it) and it == it.lower() for it in (name.schema, name.name))
    if plain:
        return str(name)
    quoted = ".".join('"' + it.replace('"', '""') + '"' for it in (name.schema, name.name))
    return json.dumps(quoted, ensure_ascii=False)


def _state(proposal: Proposal) -> list[str]:
    seen = proposal.evidence
    rows = sum(it.rows for it in seen.states) + seen.null_rows
    lines = [f"    state: {_scalar(seen.state_column)}"]
    if rows:
        lines[0] += f"    # {rows:,} rows"
        lines += [f"    #   {it.rows:>12,}  {it.name}" for it in seen.states]
    if seen.null_rows:
        lines.append(
            f"    #   {seen.null_rows:>12,}  null: no machine takes that; give them a state"
        )
    if seen.other_columns:
        lines.append(f"    # Others that look like states: {', '.join(seen.other_columns)}.")
    return lines


def _key(proposal: Proposal) -> list[str]:
    seen = proposal.evidence
    if seen.key and seen.key != seen.primary_key:
        return [f"    key: {_list(seen.key)}    # unique, and never null; there is no primary key"]
    if not seen.key and seen.source.startswith("proposed from its rows"):
        return ["    # There is no key: give the table a primary key, or name unique columns here."]
    return []


def _transitions(proposal: Proposal) -> list[str]:
    seen = proposal.evidence
    lines = ["    transitions:"]
    if proposal.is_guessed:
        lines.append("      # GUESSED, for no history was given (--history TABLE): correct them.")
    else:
        lines.append(f"      # As {seen.history} shows them; rare ones are left as comments.")
    sure = [m for m in proposal.moves if m.is_sure]
    events = event_names([*dict.fromkeys(m.after for m in proposal.moves)])
    for after in dict.fromkeys(m.after for m in sure):
        moves = [m for m in sure if m.after == after]
        lines += _move_lines(events[after], after, moves)
    for move in proposal.moves:
        if not move.is_sure:
            rule = f"{{from: {_scalar(move.before)}, to: {_scalar(move.after)}}}"
            lines.append(f"      # {_scalar(events[move.after])}: {rule}    # {move.why}")
    return [lines[0] + " {}", *lines[1:]] if not sure else lines


def _move_lines(event: str, after: str, moves: Sequence[SuggestedMove]) -> list[str]:
    origins = [m.before for m in moves]
    origin = _scalar(origins[0]) if len(origins) == 1 else _list(origins)
    line = f"      {_scalar(event)}: {{from: {origin}, to: {_scalar(after)}}}"
    whys = dict.fromkeys(m.why for m in moves)
    if len(moves) == 1 or len(whys) == 1:
        return [f"{line:<{_WIDTH}}  # {moves[0].why}"]
    return [line, *(f"      #   from {m.before}: {m.why}" for m in moves)]


def _stamps(stamps: Sequence[Suggested]) -> list[str]:
    lines = []
    for it in stamps:
        line = f"      {'' if it.is_sure else '# '}{_scalar(it.name)}: {_scalar(it.value)}"
        lines.append(f"{line:<{_WIDTH}}  # {it.why}")
    return lines


def _required(required: Sequence[Suggested]) -> list[str]:
    lines = []
    ordered = sorted(required, key=lambda it: it.name)
    for state, same in groupby(ordered, key=lambda it: it.name):
        of_state = list(same)
        columns = _list([it.value for it in of_state])
        lines += [f"      {_scalar(state)}: {{require: {columns}}}"]
        lines += [f"      #   {it.value}: {it.why}" for it in of_state]
    return lines


def _section(name: str, lines: list[str]) -> list[str]:
    """Return a section; one that holds comments only is empty, and says so."""
    if not lines:
        return []
    is_empty = all(line.lstrip().startswith("#") for line in lines)
    return [f"    {name}: {'{}' if is_empty else ''}".rstrip(), *lines, ""]


def _claims(proposal: Proposal) -> list[str]:
    lines = []
    for it in proposal.evidence.overlaps:
        during = f', during: "daterange({it.start}, {it.end})"' if it.start else ""
        name = _scalar(_EVENT.sub("_", it.resource.lower()).strip("_"))
        lines += [
            f"    #   {name}: {{resource: {_list([it.resource])}{during}, in: {_list(it.states)}}}",
            f"    #     {it.clashes:,} of {it.rows:,} rows hold it while another does",
        ]
    if not lines:
        return []
    return ["    # A resource that one row at a time may hold:", "    # claims:", *lines]
