"""System checks: settings, spec, and whether models say the same as the machines on their tables.

They ask no database: ``manage.py check`` runs without one. ``manage.py interlock verify`` asks.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models

from pginterlock.django import conf
from pginterlock.django.pending import differing
from pginterlock.django.script import model_of
from pginterlock.errors import InterlockError, SpecError
from pginterlock.fit import named_columns
from pginterlock.model import Machine, Spec
from pginterlock.spec import load

_ACTING = "pginterlock.django.middleware.ActingMiddleware"
_LOGIN = "django.contrib.auth.middleware.AuthenticationMiddleware"
_MEND = "The spec is {}; change it or the model, whichever is wrong."


def check_machines(app_configs: Sequence[Any] | None, **_: object) -> list[checks.CheckMessage]:
    """Return what is wrong with the spec, and where models and machines disagree."""
    try:
        path = conf.spec_path()
    except (ImproperlyConfigured, SpecError) as error:
        return [checks.Error(str(error), id="interlock.E001")]
    if path is None:
        return [
            checks.Warning(
                "there is no spec: nothing is guarded",
                hint='INTERLOCK_SPEC = BASE_DIR / "interlock.yaml"',
                id="interlock.W001",
            )
        ]
    try:
        spec = load(path)
    except SpecError as error:
        return [checks.Error(it, hint=error.remedy, id="interlock.E001") for it in error.problems]
    labels = {it.label for it in app_configs} if app_configs is not None else None
    found: list[checks.CheckMessage] = []
    for machine in spec.machines:
        model = model_of(machine.table, apps.get_models(include_auto_created=True))
        if model is not None and (labels is None or model._meta.app_label in labels):
            found += _disagreements(spec, machine, model)
    return found if found or labels is not None else _unwritten(spec)


def _unwritten(spec: Spec) -> list[checks.CheckMessage]:
    """Return a warning where a machine that migrations hold is another in *spec*."""
    try:
        names = differing(spec)
    except InterlockError as error:
        return [checks.Warning(error.message, hint=error.remedy, id="interlock.W004")]
    if not names:
        return []
    told = f"the migrations do not hold what the spec says of {', '.join(names)}"
    hint = "manage.py interlock makemigrations"
    return [checks.Warning(told, hint=hint, id="interlock.W004")]


def check_databases(app_configs: Sequence[Any] | None, **_: object) -> list[checks.CheckMessage]:
    """Return what is wrong with settings: no PostgreSQL anywhere, middlewares in a bad order."""
    del app_configs
    found: list[checks.CheckMessage] = []
    if not any(connection.vendor == "postgresql" for connection in connections.all()):
        found.append(
            checks.Error(
                "no database of DATABASES is PostgreSQL: no machine can guard anything",
                hint='ENGINE: "django.db.backends.postgresql"',
                id="interlock.E002",
            )
        )
    found += [checks.Error(it, id="interlock.E009") for it in conf.problems()]
    order = list(settings.MIDDLEWARE)
    if _ACTING in order and _LOGIN in order and order.index(_ACTING) < order.index(_LOGIN):
        found.append(
            checks.Warning(
                "ActingMiddleware stands before AuthenticationMiddleware",
                hint="Put it behind: it asks request.user.",
                id="interlock.W002",
            )
        )
    return found


def _disagreements(spec: Spec, machine: Machine, model: Any) -> Iterator[checks.CheckMessage]:
    """Yield where *model* and *machine*, which guards its table, do not say the same."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    missing = {column: path for path, column in named_columns(machine) if column not in fields}
    for column, path in missing.items():
        at = spec.locate(("machines", machine.name, *path))
        told = f"machine {machine.name} names column {column}, which the model does not have"
        hint = f"{at}: a slip, or a column that has no field yet?"
        if model._meta.managed:
            yield _error("E003", told, model, hint)
        else:
            yield checks.Warning(told, hint=hint, obj=model, id="interlock.W003")
    state = fields.get(machine.state)
    if state is None:
        return
    at = spec.locate(("machines", machine.name, "state"))
    yield from _state(machine, state, _MEND.format(at))
    for stamp in machine.stamps:
        field = fields.get(stamp.column)
        if field is not None and not field.null:
            at = spec.locate(("machines", machine.name, "stamps", stamp.column))
            told = f"{stamp.column} is a stamp of machine {machine.name}, and cannot be null"
            yield _error("E006", told, field, f"null=True: before its state it is. ({at})")


def _state(machine: Machine, field: Any, hint: str) -> Iterator[checks.CheckMessage]:
    name = machine.name
    if field.null:
        told = f"the state of machine {name} may be null here, and never in the database"
        yield _error("E004", told, field, "null=False")
    choices = [value for value, _ in field.flatchoices if value is not None]
    if choices:
        known = [*machine.states, *(it.was for it in machine.renames)]
        more = [str(it) for it in choices if it not in known]
        less = [it for it in machine.states if it not in choices]
        if more:
            told = f"choices that are no states of machine {name}: {', '.join(more)}"
            yield _error("E005", told, field, hint)
        if less:
            told = f"states of machine {name} that are no choices: {', '.join(less)}"
            yield _error("E005", told, field, hint)
    default = field.default
    if isinstance(default, str) and default not in machine.initial:
        told = f"the default {default!r} is no initial state of machine {name}"
        hint = f"Initial: {', '.join(machine.initial)}"
        yield _error("E007", told, field, hint)
    if isinstance(field, models.CharField) and field.max_length is not None:
        long = [it for it in machine.states if len(it) > field.max_length]
        if long:
            told = f"states of machine {name} longer than max_length: {', '.join(long)}"
            yield _error("E008", told, field, hint)


def _error(code: str, told: str, where: Any, hint: str) -> checks.Error:
    return checks.Error(told, hint=hint, obj=where, id=f"interlock.{code}")
