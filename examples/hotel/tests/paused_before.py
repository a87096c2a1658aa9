"""Settings of the application before, with pauses."""

from examples.hotel.before.settings import *  # noqa: F403

MIDDLEWARE = ["examples.hotel.tests.pauses.PauseMiddleware"]
