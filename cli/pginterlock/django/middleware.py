"""Two middlewares: one says who acts, one answers refusals. Both for WSGI and ASGI."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.db import OperationalError
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from pginterlock.django import conf
from pginterlock.django.answers import answer
from pginterlock.django.claiming import Acting, Tags, entered
from pginterlock.refused import refusal

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Serialization failure and deadlock: nothing was stored, and the same request may pass.
_PASSING = ("40001", "40P01")
Response = Any


class _Both:
    """A middleware that is sync or async, as what it wraps."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Response]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)


class ActingMiddleware(_Both):
    """Says in every transaction of a request who acts, and why.

    Put it behind AuthenticationMiddleware. It opens no transaction: with ATOMIC_REQUESTS, `atomic`
    or autocommit each transaction that writes begins with the claim.
    """

    def __call__(self, request: HttpRequest) -> Response:
        """Let the view answer while the request's user acts."""
        if iscoroutinefunction(self):
            return self._answer_later(request)
        who = _who(request)
        with entered(who):
            response = self.get_response(request)
        return _streamed(response, who)

    async def _answer_later(self, request: HttpRequest) -> HttpResponseBase:
        who = _who(request)
        with entered(who):
            response = await cast("Awaitable[HttpResponseBase]", self.get_response(request))
        return _streamed(response, who)


class RefusalMiddleware(_Both):
    """Answers what a machine refuses with 409 and the refusal, as JSON or as a page.

    A conflict of transactions (40001, 40P01) is answered with 503: the same request may pass.
    """

    def __call__(self, request: HttpRequest) -> Response:
        """Let the view answer."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a refusal; None for whatever else went wrong."""
        if refused := refusal(error):
            return answer(request, refused)
        if isinstance(error, OperationalError) and _sqlstate(error) in _PASSING:
            return JsonResponse({"message": "try again"}, status=503, headers={"Retry-After": "1"})
        return None


def _who(request: HttpRequest) -> Acting:
    return Acting(
        lambda: (conf.actor_of(request), conf.reason_of(request)),
        lambda: _tags(request),
        is_eager=request.method not in _SAFE,
    )


def _tags(request: HttpRequest) -> Tags:
    """Return the tags of a request, with the names that sqlcommenter's own Django part uses."""
    found = request.resolver_match
    if found is None or not conf.is_tagging():
        return ()
    told = {"app_name": found.app_name, "controller": found.view_name, "route": found.route}
    return tuple((name, str(value)) for name, value in told.items() if value)


def _streamed(response: Any, who: Acting) -> HttpResponseBase:
    """Let who acts act while *response* is streamed, too."""
    if getattr(response, "streaming", False) and not isinstance(response, FileResponse):
        kind = _pieces_later if response.is_async else _pieces
        response.streaming_content = kind(response.streaming_content, who)
    return cast("HttpResponseBase", response)


def _pieces(content: Iterator[bytes], who: Acting) -> Iterator[bytes]:
    pieces = iter(content)
    while True:
        with entered(who):
            try:
                piece = next(pieces)
            except StopIteration:
                return
        yield piece


async def _pieces_later(content: AsyncIterator[bytes], who: Acting) -> AsyncIterator[bytes]:
    pieces = aiter(content)
    while True:
        with entered(who):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        yield piece


def _sqlstate(error: OperationalError) -> str | None:
    cause = error.__cause__
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
