"""What an Alembic environment says about us: where the spec is, how long to wait for locks."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from pginterlock.errors import SpecError, UsageError
from pginterlock.model import Spec
from pginterlock.spec import load
from pginterlock.spec_place import DEFAULT_SPEC, is_of_classes, named_in
from pginterlock.waiting import Waiting

SPEC = "interlock_spec"
LOCK_TIMEOUT = "interlock_lock_timeout"
LOCK_WAIT = "interlock_lock_wait"


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one environment: those of ``context.configure`` before those of alembic.ini."""

    context: MigrationContext

    @property
    def spec(self) -> Spec:
        """The spec; without machines where ``interlock_spec`` is set, and empty.

        Raises SpecError where it cannot be read.
        """
        told = self._option(SPEC)
        if isinstance(told, Spec):
            return told
        if told is not None:
            return self._named(str(told).strip())
        path = self._path
        if is_of_classes(path):
            return Spec(())  # those of target_metadata, which is env.py's to say
        if not path.exists():
            raise SpecError(
                (f"no spec at {path}",),
                remedy=f"Write one (interlock init), or say where it is: {SPEC} = FILE in"
                " alembic.ini. Without machines: leave that empty.",
            )
        return load(path)

    def _named(self, told: str) -> Spec:
        path = self._folder / told
        if told and is_of_classes(Path(told)):
            return Spec(())
        if told and not path.exists():
            raise SpecError(
                (f"no spec at {path}",), remedy=f"{SPEC} says so: it is told from {self._folder}."
            )
        return load(path) if told else Spec(())

    @property
    def has_spec(self) -> bool:
        """Whether a spec is named, or there where nobody names one."""
        return self._option(SPEC) is not None or self._path.exists()

    @property
    def _path(self) -> Path:
        named = next((it for it in map(named_in, self._projects()) if it), None)
        return named or self._folder / DEFAULT_SPEC

    @property
    def waiting(self) -> Waiting:
        """How to ask for locks, as `interlock apply` has it."""
        usual = Waiting()
        timeout_ms = self._number(LOCK_TIMEOUT, usual.timeout_ms)
        limit_s = self._number(LOCK_WAIT, usual.limit_s)
        return Waiting(max(1, round(timeout_ms)), limit_s)

    def _number(self, name: str, usual: float) -> float:
        told = self._option(name)
        if told is None:
            return usual
        try:
            number = float(str(told))
        except ValueError:
            raise UsageError(f"{name} = {told}: not a number") from None
        if not 0 <= number < math.inf:
            raise UsageError(f"{name} = {told}: not a time from 0 on")
        return number

    def _option(self, name: str) -> object:
        if name in self.context.opts:
            told: object = self.context.opts[name]
            return told
        config = self._config
        if config is None:
            return None
        read = getattr(config, "get_alembic_option", config.get_main_option)
        option: object = read(name)
        return option

    @property
    def _config(self) -> Config | None:
        return self.context.config

    @property
    def _folder(self) -> Path:
        """The folder that paths are told from: that of alembic.ini, else of pyproject.toml."""
        config = self._config
        names = [getattr(config, it, None) for it in ("config_file_name", "toml_file_name")]
        files = [Path(it) for it in names if it]
        return next((it.parent for it in files if it.is_file()), Path())

    def _projects(self) -> Iterator[Path]:
        yield from dict.fromkeys([self._folder.resolve(), Path.cwd()])


__all__ = ["LOCK_TIMEOUT", "LOCK_WAIT", "SPEC", "Settings"]
