"""Settings of the application after, with pauses."""

from examples.hotel.after import settings
from examples.hotel.after.settings import *  # noqa: F403

MIDDLEWARE = ["examples.hotel.tests.pauses.PauseMiddleware", *settings.MIDDLEWARE]
