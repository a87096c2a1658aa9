"""A refusal as an error of a form, on the field that it is about."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, router, transaction

from pginterlock.errors import Refused
from pginterlock.refused import refusal


def validation_error(refused: Refused) -> ValidationError:
    """Return *refused* as an error of validation: message and hint, its rule's code as `code`.

    The refusal itself is its attribute ``refused``.
    """
    told = refused.message[:1].upper() + refused.message[1:]
    text = f"{told}. {refused.hint}" if refused.hint else told
    error = ValidationError("%(told)s", code=refused.code, params={"told": text})
    error.refused = refused
    return error


def fields_of(refused: Refused, model: Any) -> list[str]:
    """Return the names of the fields of *model* that *refused* is about, the nearest first.

    These are the columns that it misses, else the one that PostgreSQL names, which for a move is
    the state.
    """
    named = {field.column: field.name for field in model._meta.concrete_fields}
    return [named[it] for it in _columns(refused) if it in named]


def add_refusal(form: Any, refused: Refused, model: Any = None) -> None:
    """Put *refused* on the field of *form* that it is about, else on the form as a whole.

    *model* is that of a ModelForm unless given.
    """
    of = model or getattr(getattr(form, "_meta", None), "model", None)
    fields = fields_of(refused, of) if of else _columns(refused)
    shown = next((it for it in fields if it in form.fields), NON_FIELD_ERRORS)
    form.add_error(None if shown == NON_FIELD_ERRORS else shown, validation_error(refused))


class RefusalFormMixin:
    """A ModelForm whose `save` may be refused: `save_or_refuse` adds the error and returns None.

    ``class BookingForm(RefusalFormMixin, ModelForm)``.
    """

    def save_or_refuse(self, *, using: str | None = None) -> Any:
        """Save in a transaction, or a savepoint; where the machine refuses, return None.

        The form then has the error, and `is_valid` is false. Other errors are raised.
        """
        form: Any = self
        alias = using or router.db_for_write(form._meta.model, instance=form.instance)
        try:
            with transaction.atomic(using=alias):
                return form.save()
        except (DatabaseError, Refused) as error:
            refused = refusal(error)
            if refused is None:
                raise
            add_refusal(form, refused)
            return None


class RefusalViewMixin:
    """A view with a form (CreateView, UpdateView, FormView) that shows what the machine refuses.

    Put it before the view: ``class BookingUpdate(RefusalViewMixin, UpdateView)``.
    """

    def form_valid(self, form: Any) -> Any:
        """Save; where the machine refuses, show the form again with the error."""
        view: Any = super()
        model = getattr(getattr(form, "_meta", None), "model", None)
        alias = router.db_for_write(model) if model else "default"
        try:
            with transaction.atomic(using=alias):
                return view.form_valid(form)
        except (DatabaseError, Refused) as error:
            refused = refusal(error)
            if refused is None:
                raise
            add_refusal(form, refused)
        shown: Any = self
        return shown.form_invalid(form)


def _columns(refused: Refused) -> Iterable[str]:
    """Return the columns that *refused* speaks of: those it misses, then the one of the server."""
    diag = getattr(refused.__cause__, "diag", None)
    told = getattr(diag, "column_name", None)
    return dict.fromkeys([*refused.missing, *([told] if told else [])])
