"""Tell Django the name of the application."""

from django.apps import AppConfig


class HotelConfig(AppConfig):
    """The one application of the project."""

    name = "examples.hotel.before"
    label = "hotel"
