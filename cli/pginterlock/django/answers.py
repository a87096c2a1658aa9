"""What a client is told of a refusal, over HTTP: JSON, or a page for a browser."""

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import TemplateDoesNotExist, loader
from django.utils.html import format_html

from pginterlock.django.conf import status_of
from pginterlock.errors import Refused

TEMPLATE = "interlock/refused.html"
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Not done</title></head>'
    "<body><h1>Not done</h1><p>{}</p><p>{}</p><p><small>{}</small></p></body></html>"
)


def body(refused: Refused) -> dict[str, object]:
    """Return *refused* as JSON can say it."""
    return {
        "code": refused.code,
        "message": refused.message,
        "hint": refused.hint,
        "machine": refused.machine,
        "key": refused.key,
        "event": refused.event,
        "from": refused.from_state,
        "to": refused.to_state,
        "allowed": refused.allowed,
        "missing": refused.missing,
    }


def answer(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return the answer to *request*: a page where it names HTML and not JSON, else JSON."""
    status = status_of(refused.code)
    kinds = {f"{it.main_type}/{it.sub_type}" for it in request.accepted_types}
    if "text/html" in kinds and "application/json" not in kinds:
        return HttpResponse(_page(request, refused), status=status)
    return JsonResponse(body(refused), status=status)


def _page(request: HttpRequest, refused: Refused) -> str:
    context: dict[str, object] = {"refused": refused, **body(refused)}
    try:
        page: str = loader.render_to_string(TEMPLATE, context, request)
    except (TemplateDoesNotExist, ImproperlyConfigured):
        return str(format_html(_PAGE, refused.message, refused.hint, refused.code))
    return page
