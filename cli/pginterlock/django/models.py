"""What a model on a guarded table can do: move by events, and have the values of the database.

Abstract: nothing here makes a table.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import connections, models, router, transaction

from pginterlock import firing
from pginterlock.errors import UsageError
from pginterlock.firing import Allowed, Fired

__all__ = ["GuardedModel"]


class GuardedModel(models.Model):
    """A model whose table a machine guards: ``interlock_machine`` names it.

    After `fire` and after `save` the instance has the row's values: stamps that the database set,
    columns that it cleared, moves that it made by itself.
    """

    interlock_machine: ClassVar[str] = ""

    class Meta:
        """No table of its own."""

        abstract = True

    def fire(
        self,
        event: str,
        *,
        set: Mapping[str, Any] | None = None,  # noqa: A002 - the word of the SQL function
        expect: str | None = None,
        reason: str | None = None,
        actor: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
        using: str | None = None,
    ) -> Fired:
        """Move this row by *event* with `interlock.fire`, and read it again.

        *set* maps names of fields, or of columns, to values. Raises `Refused` where the machine
        refuses; the transaction around it is then as usable as after any refused statement in a
        block of `atomic`.
        """
        alias = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            fired = self._machine().fire(
                connections[alias],
                self._key(),
                event,
                set=None if set is None else self._columns(set, alias),
                expect=expect,
                reason=reason,
                actor=actor,
                idempotency_key=idempotency_key,
                dry_run=dry_run,
            )
            if not dry_run:
                self.refresh_from_db(using=alias)
        return fired

    def allowed(self, *, using: str | None = None) -> list[Allowed]:
        """Return the events of the state that the row is in, and what each one lacks."""
        alias = using or router.db_for_read(type(self), instance=self)
        return self._machine().allowed(connections[alias], self._key())

    def save(self, *args: Any, **named: Any) -> None:
        """Save, and read again what the database made of it, in one transaction.

        Fields that were not loaded stay so.
        """
        alias = named.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            super().save(*args, **named)
            loaded = [f.attname for f in self._meta.concrete_fields if f.attname in self.__dict__]
            self.refresh_from_db(using=alias, fields=loaded)

    def _machine(self) -> firing.Machine:
        if not self.interlock_machine:
            raise UsageError(
                f"{type(self).__name__} names no machine",
                remedy=f'class {type(self).__name__}(GuardedModel): interlock_machine = "..."',
            )
        return firing.machine(self.interlock_machine)

    def _key(self) -> object:
        """Return the key as the machine takes it: a value, or of several columns a mapping."""
        fields = getattr(self._meta, "pk_fields", None) or [self._meta.pk]  # Django 5.2 and older
        names = [field.column for field in fields]
        if len(names) == 1:
            return self.pk
        return dict(zip(names, self.pk, strict=True))

    def _columns(self, told: Mapping[str, Any], alias: str) -> dict[str, object]:
        """Return values by column, as PostgreSQL reads them."""
        found = {}
        for name, value in told.items():
            known = (f for f in self._meta.concrete_fields if name in (f.name, f.attname, f.column))
            field = next(known, None)
            if field is None:
                found[name] = value  # perhaps a column that the model does not have
                continue
            plain = value.pk if isinstance(value, models.Model) else value
            found[field.column] = field.get_db_prep_save(plain, connections[alias])
        return found
