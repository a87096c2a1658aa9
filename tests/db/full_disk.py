"""A small disk that is full when a test says so: a file system in memory, with ballast on it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pginterlock.embedded import account

_MIB = 2**20
_MOUNT, _UMOUNT = "/bin/mount", "/bin/umount"


@dataclass(frozen=True, slots=True)
class Disk:
    """A mounted file system of its own."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self, left_bytes: int) -> None:
        """Leave *left_bytes* of room."""
        seen = os.statvfs(self.folder)
        taken = seen.f_bavail * seen.f_frsize - left_bytes
        assert taken > 0, "the disk is too small for this test"
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, taken)

    def free(self) -> None:
        """Take the ballast away."""
        self._ballast.unlink()


def make_folder(disk: Disk, name: str) -> Path:
    """Make a folder on *disk* that belongs to whom the disk belongs to."""
    folder = disk.folder / name
    folder.mkdir(mode=0o700)
    owner = disk.folder.stat()
    os.chown(folder, owner.st_uid, owner.st_gid)
    return folder


@contextmanager
def mounted(folder: Path, size_mib: int) -> Iterator[Disk]:
    """Mount a file system at *folder*, which the account of the server owns."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root alone")
    folder.mkdir()
    owner = account.choose()
    options = f"size={size_mib * _MIB},mode=0700,uid={owner.uid},gid={owner.gid}"
    mount = [_MOUNT, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    said = subprocess.run(mount, capture_output=True, text=True, check=False)
    if said.returncode:
        pytest.skip(f"no small disk here: {said.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run([_UMOUNT, str(folder)], check=True)
