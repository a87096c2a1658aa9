"""Views that write in each way that Django has."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse_lazy
from django.views.generic import UpdateView
from rest_framework import serializers, viewsets
from tests.integrations.django_project.stays.forms import StateForm
from tests.integrations.django_project.stays.models import Booking

from pginterlock.django.forms import RefusalViewMixin


def _move(request: HttpRequest, pk: int) -> HttpResponse:
    booking = get_object_or_404(Booking, pk=pk)
    for name, value in json.loads(request.body).items():
        setattr(booking, name, value)
    booking.save()
    return JsonResponse({"status": booking.status})


@transaction.non_atomic_requests
def autocommit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write with every statement a transaction of its own."""
    return _move(request, pk)


def atomic(request: HttpRequest, pk: int) -> HttpResponse:
    """Write in one transaction."""
    with transaction.atomic():
        return _move(request, pk)


def plain(request: HttpRequest, pk: int) -> HttpResponse:
    """Write in whatever ATOMIC_REQUESTS says."""
    return _move(request, pk)


def savepoints(request: HttpRequest, pk: int) -> HttpResponse:
    """Write behind a savepoint that was taken back, with the claim that was made in it."""
    with transaction.atomic():
        with transaction.atomic():
            Booking.objects.filter(pk=pk).update(guests=9)
            transaction.set_rollback(True)
        return _move(request, pk)


def after_commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write once the transaction is committed."""
    with transaction.atomic():
        transaction.on_commit(lambda: Booking.objects.filter(pk=pk).update(guests=5))
        return _move(request, pk)


def raw(request: HttpRequest, pk: int) -> HttpResponse:
    """Write with SQL by hand, in autocommit."""
    with connection.cursor() as cursor:
        cursor.execute("/* by hand */ update stays_booking set guests = 7 where id = %s", [pk])
        cursor.execute(
            f"with moved as (update stays_booking set guests = 8 where id = {int(pk)} returning 1)"
            " select count(*) from moved"
        )
    return HttpResponse(status=204)


def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Read, and say what the database was told."""
    Booking.objects.filter(pk=pk).first()
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('interlock.actor', true)")
        row: Any = cursor.fetchone()
    return JsonResponse({"actor": row[0]})


def stream(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Write while the answer is streamed."""

    def pieces() -> Iterator[str]:
        yield "begun;"
        Booking.objects.filter(pk=pk).update(guests=6)
        yield "done"

    return StreamingHttpResponse(pieces())


async def later(request: HttpRequest, pk: int) -> HttpResponse:
    """Write from an async view."""
    booking = await Booking.objects.aget(pk=pk)
    for name, value in json.loads(request.body).items():
        setattr(booking, name, value)
    await booking.asave()
    return JsonResponse({"status": booking.status})


async def stream_later(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Write while the answer is streamed, async."""

    async def pieces() -> AsyncIterator[str]:
        yield "begun;"
        await Booking.objects.filter(pk=pk).aupdate(guests=6)
        yield "done"

    return StreamingHttpResponse(pieces())


class ChangeState(RefusalViewMixin, UpdateView):
    """A page with a form of the state alone."""

    model = Booking
    form_class = StateForm
    template_name = "state.html"
    success_url = reverse_lazy("done")


def done(request: HttpRequest) -> HttpResponse:
    """Where a form leads that was saved."""
    return HttpResponse("done")


class BookingSerializer(serializers.ModelSerializer):
    """Every field."""

    class Meta:
        """The model."""

        model = Booking
        fields = "__all__"


class BookingViewSet(viewsets.ModelViewSet):
    """Bookings over REST."""

    queryset = Booking.objects.order_by("pk")
    serializer_class = BookingSerializer
    authentication_classes = ()
    permission_classes = ()
