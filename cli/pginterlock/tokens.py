"""Tokens that prove who acts: made where the secret is kept, believed by the database.

Pure: no connection, no clock. The secret belongs to the authentication service, and to no role of
the application; the database keeps the two padded blocks that HMAC makes of it.
"""

import hashlib
import hmac
import re
from datetime import datetime

from pginterlock.errors import UsageError

MIN_SECRET_BYTES = 32
_BLOCK_BYTES = 64  # of SHA-256
_INNER, _OUTER = 0x36, 0x5C
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_CHALLENGE = re.compile(r"(?:transaction|connection)\.[0-9]+\.[0-9]+\Z")
_LAST_SECOND = 999_999_999_999


def sign(secret: bytes, actor: str, challenge: str, expires_at: datetime | int, key_id: str) -> str:
    """Return a token that says *actor*, for the transaction or connection that gave *challenge*.

    *expires_at* is a moment with its zone, or seconds since 1970. Raises UsageError for what the
    database would not believe.
    """
    _check_secret(secret)
    check_key_id(key_id)
    if not _CHALLENGE.match(challenge):
        raise UsageError(
            f"{challenge!r} is no challenge",
            remedy="Ask for one where the write will be made: select interlock.challenge();",
        )
    if not actor.strip() or "\0" in actor:
        raise UsageError(f"{actor!r} names nobody")
    head = f"il1:{key_id}:{_seconds(expires_at)}:{challenge}"
    mac = hmac.new(secret, f"{head}:{actor}".encode(), hashlib.sha256).hexdigest()
    return f"{head}:{mac}:{actor}"


def pads(secret: bytes) -> tuple[bytes, bytes]:
    """Return the inner and the outer block of HMAC-SHA256 for *secret* (RFC 2104).

    Raises UsageError for a secret that is too short.
    """
    _check_secret(secret)
    key = hashlib.sha256(secret).digest() if len(secret) > _BLOCK_BYTES else secret
    whole = key.ljust(_BLOCK_BYTES, b"\0")
    return bytes(it ^ _INNER for it in whole), bytes(it ^ _OUTER for it in whole)


def check_key_id(key_id: str) -> None:
    """Raise UsageError where *key_id* cannot name a key."""
    if not _KEY_ID.match(key_id):
        raise UsageError(f"{key_id!r} is no name of a key: letters, digits, - and _, 64 at most")


def _check_secret(secret: bytes) -> None:
    if len(secret) < MIN_SECRET_BYTES:
        raise UsageError(
            f"the secret has {len(secret)} bytes, and less than {MIN_SECRET_BYTES} can be guessed",
            remedy="For example: openssl rand -base64 48 > actor.key",
        )


def _seconds(moment: datetime | int) -> int:
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise UsageError(f"{moment} has no zone: a token expires at one moment everywhere")
        moment = int(moment.timestamp())
    if not 0 <= moment <= _LAST_SECOND:
        raise UsageError(f"{moment} is no moment at which a token could expire")
    return moment
