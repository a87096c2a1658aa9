"""Settings of a small Django project; the tests put their database into DATABASES."""

from pathlib import Path

BASE_DIR = Path(__file__).parent
SECRET_KEY = "signs the sessions of tests"  # noqa: S105
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "pginterlock.django",
    "tests.integrations.django_project.stays",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pginterlock.django.middleware.ActingMiddleware",
    "pginterlock.django.middleware.RefusalMiddleware",
]
ROOT_URLCONF = "tests.integrations.django_project.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
_ENGINE: dict[str, object] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "stays",
    "OPTIONS": {"application_name": "stays"},
}
DATABASES = {"default": {**_ENGINE}, "other": {**_ENGINE}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
LOGGING_CONFIG = None
INTERLOCK_SPEC = "interlock.yaml"
REST_FRAMEWORK = {"EXCEPTION_HANDLER": "pginterlock.django.rest.exception_handler"}
