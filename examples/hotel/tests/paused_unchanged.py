"""Settings of the application after, with pauses, and not one view of its own."""

from examples.hotel.tests.paused_after import *  # noqa: F403

ROOT_URLCONF = "examples.hotel.before.urls"
