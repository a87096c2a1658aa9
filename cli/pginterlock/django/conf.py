"""Our settings, as the project's settings file names them; read when they are used."""

from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.module_loading import import_string

from pginterlock.commands.options import find_spec
from pginterlock.waiting import Waiting

# Asks a request for a text, or for nothing.
Asked = Callable[[HttpRequest], str | None]
_REASON_HEADER = "X-Reason"
_CONFLICT = 409


def spec_path() -> Path | None:
    """Return INTERLOCK_SPEC, else the spec that `interlock` would take where it is; None: none.

    A relative path is taken from BASE_DIR, where the project has one.
    """
    told = getattr(settings, "INTERLOCK_SPEC", None)
    if told is None:
        found = find_spec(None)
        return found if found.exists() else None
    if not isinstance(told, (str, Path)):
        raise ImproperlyConfigured("INTERLOCK_SPEC must be the path of a spec, or of a folder")
    base = getattr(settings, "BASE_DIR", None)
    return Path(base, told) if base else Path(told)


def actor_of(request: HttpRequest) -> str | None:
    """Return who acts, by INTERLOCK_ACTOR; the default is ``user:<pk>`` of who is logged in."""
    return _asked("INTERLOCK_ACTOR", _user)(request)


def reason_of(request: HttpRequest) -> str | None:
    """Return why, by INTERLOCK_REASON: a callable, or the name of a header (``X-Reason``)."""
    if _is_header():
        return request.headers.get(getattr(settings, "INTERLOCK_REASON", _REASON_HEADER))
    return _asked("INTERLOCK_REASON", _user)(request)


def is_tagging() -> bool:
    """Whether statements that write get sqlcommenter tags: INTERLOCK_TAGS, true unless said."""
    return bool(getattr(settings, "INTERLOCK_TAGS", True))


def waiting() -> Waiting:
    """Return how migrations ask for locks: INTERLOCK_LOCK_TIMEOUT (ms), INTERLOCK_LOCK_WAIT (s)."""
    usual = Waiting()
    timeout_ms = getattr(settings, "INTERLOCK_LOCK_TIMEOUT", usual.timeout_ms)
    limit_s = getattr(settings, "INTERLOCK_LOCK_WAIT", usual.limit_s)
    if not isinstance(timeout_ms, int) or not isinstance(limit_s, (int, float)):
        raise ImproperlyConfigured(
            "INTERLOCK_LOCK_TIMEOUT is a number of milliseconds, INTERLOCK_LOCK_WAIT of seconds"
        )
    return Waiting(max(1, timeout_ms), max(0.0, limit_s))


def status_of(code: str) -> int:
    """Return the HTTP status of a refusal by its rule *code*: 409, or what INTERLOCK_STATUS says.

    INTERLOCK_STATUS is a number for all, or maps codes to numbers.
    """
    told = getattr(settings, "INTERLOCK_STATUS", _CONFLICT)
    status = told.get(code, _CONFLICT) if isinstance(told, Mapping) else told
    if type(status) is not int:
        raise ImproperlyConfigured("INTERLOCK_STATUS is a number, or maps codes as IL05 to numbers")
    return status


def problems() -> list[str]:
    """Return what is wrong with settings, in words: what a request would stumble over."""
    found = []
    for ask in (
        lambda: _asked("INTERLOCK_ACTOR", _user),
        lambda: _is_header() or _asked("INTERLOCK_REASON", _user),
        lambda: status_of("IL01"),
        waiting,
    ):
        try:
            ask()
        except ImproperlyConfigured as error:
            found.append(str(error))
    return found


def _is_header() -> bool:
    """Whether INTERLOCK_REASON names a header; a path to a callable has a dot in it."""
    told = getattr(settings, "INTERLOCK_REASON", _REASON_HEADER)
    return isinstance(told, str) and "." not in told


def _asked(name: str, default: Asked) -> Asked:
    told = getattr(settings, name, None)
    if told is None:
        return default
    if isinstance(told, str):
        try:
            told = import_string(told)
        except ImportError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error
    if not callable(told):
        raise ImproperlyConfigured(f"{name} must be a callable that takes a request, or its path")
    found: Asked = told
    return found


def _user(request: HttpRequest) -> str | None:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return f"user:{user.pk}"
