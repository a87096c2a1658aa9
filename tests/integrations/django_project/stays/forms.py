"""Forms, with and without what shows a refusal."""

from django import forms
from tests.integrations.django_project.stays.models import Booking

from pginterlock.django.forms import RefusalFormMixin


class BookingForm(RefusalFormMixin, forms.ModelForm):
    """Everything but the stamps."""

    class Meta:
        """Fields that a clerk may change."""

        model = Booking
        fields = ("status", "room", "arrives", "leaves", "guests", "paid_at")


class StateForm(forms.ModelForm):
    """The state alone."""

    class Meta:
        """One field."""

        model = Booking
        fields = ("status",)
