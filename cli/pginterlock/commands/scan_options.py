"""What `interlock scan` is asked: machines of a spec, or models and columns by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from pginterlock.commands.options import find_spec, spec_near
from pginterlock.errors import SpecError, UsageError
from pginterlock.model import Machine
from pginterlock.scan.figures import Figures
from pginterlock.scan.judged import Code
from pginterlock.scan.site import Scanned, Target
from pginterlock.scan.targets import named_targets, targets_of
from pginterlock.spelling import meant

ANY, UNREAD = "any", "unread"
_ARGUMENTS = "pginterlock.scan.arguments"
_BY_NAME = "Or name what to look for: interlock scan PATH --model Order --column status"


class ScanCommand(click.Command):
    """Keeps the order of --model and --column: a column belongs to the model before it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep *args* as they were written, and read them."""
        ctx.meta[_ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for; *states* maps a model that has no machine to its first column."""

    targets: tuple[Target, ...]
    machines: tuple[Machine, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_by_name(self) -> bool:
        """Whether models were named, and no spec was read."""
        return not self.machines

    @property
    def subjects(self) -> tuple[str, ...]:
        """What is looked for, for people."""
        if self.is_by_name:
            return tuple(f"{it.model} ({', '.join(it.fields)})" for it in self.targets)
        return tuple(f"{it.name} ({it.table})" for it in self.machines)

    def notes(self, scanned: Scanned, found: Figures) -> Iterator[str]:
        """Yield what is worth saying of what was looked for."""
        for name in scanned.missing:
            yield f"No file defines a class of {name}: only SQL and tables are looked at"
        for it in self.machines:
            if not it.services:
                yield f"Machine {it.name} names no services: authority is not judged"
            if unmade := found.unmade(it):
                yield f"Moves of {it.name} that no write site is known to make: {', '.join(unmade)}"


def asked_for(
    ctx: click.Context,
    paths: Sequence[Path],
    spec: Path | None,
    models: Sequence[str],
    columns: Sequence[str],
) -> Asked:
    """Return what is looked for below *paths*.

    Raises UsageError where options do not go together, SpecError where there is no spec.
    """
    if models or columns:
        if spec:
            raise UsageError("--spec and --model do not go together", remedy="Leave one out.")
        targets = named_targets(_pairs(ctx.meta[_ARGUMENTS]))
        states = {str(it.model).rpartition(".")[2]: it.fields[0] for it in targets}
        return Asked(tuple(targets), states=states)
    # The path itself may hold the spec: the nearest folder above what lies in it.
    places = dict.fromkeys(spec or spec_near(it / "*") or find_spec(None) for it in paths)
    from pginterlock.commands.session import read_place  # noqa: PLC0415
    from pginterlock.spec import together  # noqa: PLC0415 - nothing of it is needed for a --model

    try:
        machines = together([read_place(it) for it in places]).machines
    except SpecError as error:
        if not any(it.exists() for it in places) and spec is None:
            remedy = f"{error.remedy or ''} {_BY_NAME}".strip()
            raise SpecError(error.problems, remedy=remedy) from error
        raise
    return Asked(tuple(targets_of(machines)), machines)


def _pairs(arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the models of a command line, each with the columns that follow it."""
    found: list[tuple[str, list[str]]] = []
    for option, value in _options(arguments):
        if option == "--model":
            found.append((_named(option, value), []))
        elif not found:
            raise UsageError(
                f"--column {value} stands before any --model",
                remedy="A column belongs to the model before it: --model Order --column status",
            )
        else:
            found[-1][1].append(_named(option, value))
    for model, columns in found:
        if not columns:
            raise UsageError(
                f"--model {model} has no --column",
                remedy=f"Name the one that holds its state: --model {model} --column status",
            )
    return found


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    for number, it in enumerate(arguments):
        if it == "--":
            return
        name, equals, value = it.partition("=")
        if name in ("--model", "--column"):
            yield name, value if equals else arguments[number + 1]


def _named(option: str, value: str) -> str:
    if not all(part.isidentifier() for part in value.split(".")):
        raise UsageError(f"{option} {value!r} is no name", remedy="Write Order, or shop.Order.")
    return value


def unknown_models(scanned: Scanned) -> str:
    """Return what to say of models that no file defines; empty where all were found."""
    return "\n".join(f"no class {it!r}{_nearly(it, scanned.models)}" for it in scanned.missing)


def _nearly(name: str, known: Sequence[str]) -> str:
    """Return a guess at the model that was meant: one of another app, or of nearly that name."""
    app, _, bare = name.rpartition(".")
    return f"; did you mean {bare!r}?" if app and bare in known else meant(name, known)


def fail_words(asked: Sequence[str], *, has_baseline: bool) -> frozenset[str]:
    """Return what makes the command fail; raise UsageError for a word that is none."""
    known = [*(it.value for it in Code), UNREAD, ANY]
    for it in asked:
        if it not in known:
            raise UsageError(
                f"--fail-on {it}: no such word{meant(it, known)}",
                remedy=f"One of {', '.join(known)}.",
            )
        if it == Code.NEW.value and not has_baseline:
            raise UsageError("--fail-on new needs --baseline", remedy="Add --baseline FILE.")
    return frozenset([*asked, *([Code.NEW.value] if has_baseline else [])])
