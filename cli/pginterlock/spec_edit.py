"""Change one mode in the text of a spec, and nothing else of it: comments and layout stay.

Pure: text in, text out.
"""

import re
from dataclasses import replace

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node

from pginterlock.choices import Mode
from pginterlock.errors import SpecError, UsageError
from pginterlock.model import Machine, Spec
from pginterlock.spec import parse
from pginterlock.spec_modes import canonical

_PLAIN = re.compile(r"[A-Za-z_][\w .-]*[\w]\Z")


def with_mode(spec: Spec, machine: str, mode: Mode, rule: str = "") -> Spec:
    """Return *spec* with *machine*, or one *rule* of it, in *mode*."""

    def changed(it: Machine) -> Machine:
        if it.name != machine:
            return it
        if not rule:
            return replace(it, mode=mode)
        return replace(it, modes=tuple(sorted({**dict(it.modes), rule: mode}.items())))

    return Spec(tuple(changed(it) for it in spec.machines), spec.positions)


def edit_mode(text: str, file: str, machine: str, mode: Mode, rule: str = "") -> str:
    """Return *text* with *machine*, or one *rule* of it, in *mode*.

    Raises UsageError where it cannot be changed without changing more: where the value is shared
    by an anchor, or merged from elsewhere.
    """
    wanted = with_mode(parse(text, file), machine, mode, rule)
    edited = _edited(text, machine, mode, rule)
    try:
        is_right = edited is not None and parse(edited, file) == wanted
    except SpecError:
        is_right = False
    if edited is None or not is_right:
        key = f"modes: {{{_written(rule)}: {mode}}}" if rule else f"mode: {mode}"
        raise UsageError(
            f"{file}: the mode of {machine} is written in a way that only its author can change",
            remedy=f"Write `{key}` there, then: interlock apply",
        )
    return edited


def _edited(text: str, machine: str, mode: Mode, rule: str) -> str | None:
    body = _value(_value(_composed(text), "machines"), machine)
    if not isinstance(body, MappingNode):
        return None
    if rule:
        return _edited_rule(text, body, mode, rule)
    value = _value(body, "mode")
    if value is not None:
        return _replaced(text, value, mode)
    return _added(text, body, ("key", "state", "table"), f"mode: {mode}")


def _edited_rule(text: str, body: MappingNode, mode: Mode, rule: str) -> str | None:
    modes = _value(body, "modes")
    entry = f"{_written(rule)}: {mode}"
    if not isinstance(modes, MappingNode):
        return _added(text, body, ("mode", "key", "state", "table"), f"modes: {{{entry}}}")
    for key, value in modes.value:
        if canonical(key.value) == rule:
            return _replaced(text, value, mode)
    if not modes.value:
        return f"{text[: modes.start_mark.index]}{{{entry}}}{text[modes.end_mark.index :]}"
    return _added(text, modes, (modes.value[-1][0].value,), entry)


def _composed(text: str) -> Node | None:
    try:
        node: Node | None = YAML(typ="safe", pure=True).compose(text)
    except YAMLError:
        return None
    return node


def _value(node: Node | None, name: str) -> Node | None:
    """Return what stands at key *name* of a mapping, itself and not by a merge."""
    if not isinstance(node, MappingNode):
        return None
    found: Node | None = next((value for key, value in node.value if key.value == name), None)
    return found


def _replaced(text: str, value: Node, mode: Mode) -> str:
    return text[: value.start_mark.index] + mode.value + text[value.end_mark.index :]


def _added(text: str, mapping: MappingNode, behind: tuple[str, ...], entry: str) -> str | None:
    """Return *text* with *entry* in *mapping*, behind the first of the keys *behind* it has."""
    found = {key.value: (key, value) for key, value in mapping.value}
    key, value = next((found[name] for name in behind if name in found), (None, None))
    if key is None or value is None:
        return None
    end = value.end_mark.index
    if mapping.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    line_end = text.find("\n", end)
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = " " * key.start_mark.column
    if line_end < 0:
        return f"{text}{newline}{indent}{entry}{newline}"
    return f"{text[: line_end + 1]}{indent}{entry}{newline}{text[line_end + 1 :]}"


def _written(rule: str) -> str:
    if _PLAIN.match(rule):
        return rule
    escaped = rule.replace("'", "''")
    return f"'{escaped}'"
