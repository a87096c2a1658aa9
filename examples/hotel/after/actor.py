"""Who acts: here a header stands for a session, as it would come from a login."""

from django.http import HttpRequest


def actor(request: HttpRequest) -> str | None:
    """Return who acts."""
    return request.headers.get("X-User")
