"""Let a test stop a request just before it saves a booking, and run another in between.

Loaded by the settings of the tests alone. The request names, in two headers, an advisory lock that
the test holds, and before which save to wait for it.
"""

import threading
from collections.abc import Callable

from django.db import connection
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

_here = threading.local()


class PauseMiddleware:
    """Remembers what the request asks for; each request has a thread of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note the pause, and go on."""
        _here.saves_left = int(request.headers.get("X-Pause-Before-Save", 0))
        _here.lock = int(request.headers.get("X-Pause-Lock", 0))
        return self._get_response(request)


@receiver(pre_save)
def wait(sender: type, **_: object) -> None:
    """Wait for the test, if this is the save before which to wait."""
    if sender.__name__ != "RoomBooking" or not _here.saves_left:
        return
    _here.saves_left -= 1
    if _here.saves_left == 0:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [_here.lock])
            cursor.execute("select pg_advisory_unlock(%s)", [_here.lock])
