"""Tokens of signed actors: what is in them, and what cannot be signed."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pginterlock import tokens
from pginterlock.errors import UsageError

SECRET = b"known to the authentication service alone"
CHALLENGE = "transaction.4711.1234567"


def test_a_token_is_its_parts_and_their_mac() -> None:
    token = tokens.sign(SECRET, "user:1", CHALLENGE, 2_000_000_000, "2026-11")

    head = f"il1:2026-11:2000000000:{CHALLENGE}"
    mac = hmac.new(SECRET, f"{head}:user:1".encode(), "sha256").hexdigest()
    assert token == f"{head}:{mac}:user:1"


def test_a_moment_is_taken_as_seconds() -> None:
    at = datetime(2033, 5, 18, 3, 33, 20, tzinfo=UTC)

    assert tokens.sign(SECRET, "a", CHALLENGE, at, "k") == tokens.sign(
        SECRET, "a", CHALLENGE, 2_000_000_000, "k"
    )


@given(st.binary(min_size=32, max_size=200), st.binary(max_size=200))
def test_two_hashes_over_the_pads_are_hmac(secret: bytes, text: bytes) -> None:
    inner, outer = tokens.pads(secret)

    inside = hashlib.sha256(inner + text).digest()
    assert len(inner) == len(outer) == 64
    assert hashlib.sha256(outer + inside).digest() == hmac.new(secret, text, "sha256").digest()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"secret": b"short"}, "5 bytes"),
        ({"actor": " "}, "names nobody"),
        ({"actor": "a\0b"}, "names nobody"),
        ({"challenge": "transaction.1"}, "no challenge"),
        ({"challenge": "transaction.1.2:x"}, "no challenge"),
        ({"challenge": ""}, "no challenge"),
        ({"key_id": "a:b"}, "no name of a key"),
        ({"key_id": ""}, "no name of a key"),
        ({"expires_at": datetime(2033, 1, 1)}, "no zone"),
        ({"expires_at": -1}, "no moment"),
        ({"expires_at": 10**12}, "no moment"),
    ],
)
def test_what_the_database_would_not_believe_is_not_signed(
    changed: dict[str, object], said: str
) -> None:
    asked = {
        "secret": SECRET, "actor": "user:1", "challenge": CHALLENGE, "expires_at": 2_000_000_000,
        "key_id": "k",
    }  # fmt: skip
    with pytest.raises(UsageError, match=said) as caught:
        tokens.sign(**{**asked, **changed})  # type: ignore[arg-type]

    assert SECRET.decode() not in str(caught.value)
