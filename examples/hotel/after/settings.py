"""Settings of the application after: those of before, with a middleware, and two new endpoints."""

from examples.hotel.before.settings import *  # noqa: F403

ROOT_URLCONF = "examples.hotel.after.urls"
MIDDLEWARE = ["examples.hotel.after.middleware.InterlockMiddleware"]
