"""Serve one of the two applications over HTTP, on this machine alone.

With a database of your own: HOTEL_DSN=... python -m examples.hotel.serve before
"""

import argparse
import os
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

SETTINGS = {
    "before": "examples.hotel.before.settings",
    "after": "examples.hotel.after.settings",
}


class _Server(ThreadingMixIn, WSGIServer):
    """One thread for each request, so that requests can meet."""

    daemon_threads = True
    request_queue_size = 64


class _Handler(WSGIRequestHandler):
    """Keeps quiet about every request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve(settings: str, port: int) -> None:
    """Serve the application of *settings*; port 0 takes any. The first line printed is the URL."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - wants its settings first

    application = get_wsgi_application()
    with make_server(
        "127.0.0.1", port, application, server_class=_Server, handler_class=_Handler
    ) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    words = argparse.ArgumentParser(description="Serve one of the two applications.")
    words.add_argument("application", help="before, after, or a module of Django settings")
    words.add_argument("--port", type=int, default=8000)
    given = words.parse_args()
    serve(SETTINGS.get(given.application, given.application), given.port)
