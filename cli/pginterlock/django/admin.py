"""The admin shows what a machine refuses, where it would else answer 500."""

from typing import Any

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from pginterlock.django.forms import add_refusal, validation_error
from pginterlock.errors import Refused
from pginterlock.refused import refusal

_MARK = "_interlock_refused"


class RefusalAdminMixin:
    """A ModelAdmin that shows refusals: ``class BookingAdmin(RefusalAdminMixin, ModelAdmin)``.

    A change that is refused comes back as the form with what was typed and the error on its field;
    a deletion or an action as a message on the page it came from.
    """

    def changeform_view(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        """Add or change; where the machine refuses, show the form again."""
        view: Any = super()
        try:
            return view.changeform_view(request, *args, **named)
        except (DatabaseError, Refused) as error:
            refused = _refusal(error)
            setattr(request, _MARK, refused)
            return view.changeform_view(request, *args, **named)

    def get_form(self, request: HttpRequest, *args: Any, **named: Any) -> Any:
        """Return the form; once the machine has refused, one that says so."""
        view: Any = super()
        form = view.get_form(request, *args, **named)
        refused: Refused | None = getattr(request, _MARK, None)
        if refused is None:
            return form
        found = refused

        class RefusedForm(form):  # type: ignore[misc,valid-type]
            """The same form, with what the machine said."""

            def _post_clean(self) -> None:
                super()._post_clean()
                add_refusal(self, found)

        return RefusedForm

    def delete_view(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        """Delete; where the machine refuses, say so."""
        view: Any = super()
        return _told(request, lambda: view.delete_view(request, *args, **named))

    def changelist_view(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        """List, act on several, edit in the list; where the machine refuses, say so."""
        view: Any = super()
        return _told(request, lambda: view.changelist_view(request, *args, **named))


def _told(request: HttpRequest, answer: Any) -> HttpResponse:
    try:
        found: HttpResponse = answer()
    except (DatabaseError, Refused) as error:
        refused = _refusal(error)
        for text in validation_error(refused).messages:
            messages.error(request, text)
        return HttpResponseRedirect(request.get_full_path())
    return found


def _refusal(error: DatabaseError | Refused) -> Refused:
    """Return the refusal that *error* is; raise it where it is none."""
    refused = refusal(error)
    if refused is None:
        raise error
    return refused
