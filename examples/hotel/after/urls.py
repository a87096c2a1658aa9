"""Which view answers where: the payment and the check-in are new, all else is as before."""

from django.urls import include, path
from examples.hotel.after import check_in, payment_views

urlpatterns = [
    path("payments/webhook", payment_views.PaymentWebhookView.as_view()),
    path("desk/bookings/<int:booking_id>/check-in", check_in.DeskCheckInView.as_view()),
    path("", include("examples.hotel.before.urls")),
]
