"""Tell Django the name of the application."""

from django.apps import AppConfig


class StaysConfig(AppConfig):
    """Rooms and bookings."""

    name = "tests.integrations.django_project.stays"
    label = "stays"
