"""Settings of the application after: those of before, pginterlock's, and two new endpoints."""

from pathlib import Path

from examples.hotel.before import settings as before
from examples.hotel.before.settings import *  # noqa: F403

ROOT_URLCONF = "examples.hotel.after.urls"
INSTALLED_APPS = [*before.INSTALLED_APPS, "pginterlock.django"]
MIDDLEWARE = [
    "pginterlock.django.middleware.ActingMiddleware",
    "pginterlock.django.middleware.RefusalMiddleware",
]
DATABASES = {"default": {**before.DATABASES["default"], "ATOMIC_REQUESTS": True}}
INTERLOCK_SPEC = Path(__file__).parents[1] / "interlock.yaml"
INTERLOCK_ACTOR = "examples.hotel.after.actor.actor"  # and the reason is in the header X-Reason
