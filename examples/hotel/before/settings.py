"""Settings of the application before: no middleware, each statement a transaction of its own."""

import os

from psycopg.conninfo import conninfo_to_dict

_PLACE = conninfo_to_dict(os.environ.get("HOTEL_DSN", "dbname=hotel user=hotel_app"))

SECRET_KEY = "signs nothing: there are no sessions here"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
INSTALLED_APPS = ["examples.hotel.before"]
ROOT_URLCONF = "examples.hotel.before.urls"
MIDDLEWARE: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING_CONFIG = None
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _PLACE.get("dbname"),
        "USER": _PLACE.get("user", ""),
        "PASSWORD": _PLACE.get("password", ""),
        "HOST": _PLACE.get("host", ""),
        "PORT": _PLACE.get("port", ""),
        "OPTIONS": {"options": "-c search_path=hotel", "application_name": "hotel"},
    }
}
