"""What the views do not know: who acts, and what a refusal of the database means to a client."""

from collections.abc import Callable

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

import pginterlock
from pginterlock.errors import Refused

# Serialization failure and deadlock: nothing was stored, and the same request may pass.
_PASSING = ("40001", "40P01")


class InterlockMiddleware:
    """Makes a request one transaction with an actor, and a refusal an answer 409."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Say who acts, before the view writes. The headers stand for a session and its form."""
        if request.method in {"GET", "HEAD"}:
            return self._get_response(request)
        with transaction.atomic():
            act_as(request.headers.get("X-User"), request.headers.get("X-Reason"))
            return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Take the request's transaction back, and answer with what the machine says."""
        if connection.in_atomic_block:
            transaction.set_rollback(True)
        if refused := pginterlock.refusal(error):
            return JsonResponse(_body(refused), status=409)
        if isinstance(error, OperationalError) and _sqlstate(error) in _PASSING:
            return JsonResponse({"message": "try again"}, status=503, headers={"Retry-After": "1"})
        return None


def act_as(actor: str | None, reason: str | None) -> None:
    """Say who acts, for the rest of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select interlock.act_as(%s, reason => %s)", [actor, reason])


def _body(refused: Refused) -> dict[str, object]:
    return {
        "code": refused.code,
        "message": refused.message,
        "hint": refused.hint,
        "machine": refused.machine,
        "key": refused.key,
        "from": refused.from_state,
        "to": refused.to_state,
        "allowed": refused.allowed,
        "missing": refused.missing,
    }


def _sqlstate(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
