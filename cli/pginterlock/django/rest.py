"""Django REST framework answers what a machine refuses with 409, and says what it takes.

``REST_FRAMEWORK = {"EXCEPTION_HANDLER": "pginterlock.django.rest.exception_handler"}``
"""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler as of_rest_framework
from rest_framework.views import set_rollback

from pginterlock.django.answers import body
from pginterlock.django.conf import status_of
from pginterlock.refused import refusal


def exception_handler(error: Exception, context: Any) -> Response | None:
    """Answer a refusal, its transaction rolled back; leave the rest to the framework's own."""
    refused = refusal(error)
    if refused is None:
        found: Response | None = of_rest_framework(error, context)
        return found
    set_rollback()
    return Response(body(refused), status=status_of(refused.code))
