"""Which view answers where."""

from django.urls import path
from examples.hotel.before import payment_views, service_views, staff_views

urlpatterns = [
    path("bookings/<int:booking_id>", service_views.BookingView.as_view()),
    path("staff/bookings/bulk", staff_views.BulkBookingCreateView.as_view()),
    path("staff/bookings/<int:booking_id>/confirm", staff_views.StaffBookingConfirmView.as_view()),
    path("staff/bookings/<int:booking_id>/cancel", staff_views.StaffBookingCancelView.as_view()),
    path("staff/bookings/<int:booking_id>/check-in", staff_views.StaffBookingCheckInView.as_view()),
    path(
        "staff/bookings/<int:booking_id>/detail",
        staff_views.StaffBookingDetailUpdateView.as_view(),
    ),
    path("payments/webhook", payment_views.PaymentWebhookView.as_view()),
    path("guest/bookings/<int:booking_id>/cancel", service_views.GuestCancelView.as_view()),
    path("desk/bookings/<int:booking_id>/cancel", service_views.DeskCancelView.as_view()),
    path(
        "desk/bookings/<int:booking_id>/cancel-and-refund",
        service_views.DeskCancelAndRefundView.as_view(),
    ),
    path("desk/bookings/<int:booking_id>/check-out", service_views.DeskCheckOutView.as_view()),
    path("desk/bookings/<int:booking_id>/assign-room", service_views.DeskAssignRoomView.as_view()),
    path("desk/bookings/<int:booking_id>/move-room", service_views.DeskMoveRoomView.as_view()),
]
