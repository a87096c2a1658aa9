"""The admin of bookings."""

from django.contrib import admin
from tests.integrations.django_project.stays.models import Booking, Room

from pginterlock.django.admin import RefusalAdminMixin

admin.site.register(Room)


@admin.register(Booking)
class BookingAdmin(RefusalAdminMixin, admin.ModelAdmin):
    """Bookings, their states editable in the list, with an action."""

    list_display = ("id", "status")
    list_editable = ("status",)
    actions = ("check_in",)

    @admin.action(description="Check in")
    def check_in(self, request: object, queryset: object) -> None:
        """Check in all that are chosen."""
        del request
        queryset.update(status="CHECKED_IN")  # type: ignore[attr-defined]
