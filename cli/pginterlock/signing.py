"""Sign the line that is kept elsewhere, and check who signed it: ed25519, by `cryptography`.

`cryptography` is an extra, and imported only here and only when a key is given.
"""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from pginterlock.chain import Anchor
from pginterlock.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_MAKE = "openssl genpkey -algorithm ed25519 -out seal.key; openssl pkey -in seal.key -pubout"


def sign(anchor: Anchor, private_pem: bytes) -> Anchor:
    """Return *anchor* signed. Raises UsageError where *private_pem* is no such key."""
    key = _private(private_pem)
    named = replace(anchor, key=_fingerprint(key.public_key()))
    return replace(named, signature=key.sign(named.signed.encode()))


def is_signed_by(anchor: Anchor, public_pem: bytes) -> bool:
    """Whether *anchor* was signed by the owner of *public_pem*.

    Raises UsageError where that is no such key.
    """
    key = _public(public_pem)
    if anchor.signature is None or anchor.key != _fingerprint(key):
        return False
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

    try:
        key.verify(anchor.signature, anchor.signed.encode())
    except InvalidSignature:
        return False
    return True


def _private(pem: bytes) -> "Ed25519PrivateKey":
    _demand_cryptography()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        # What the library says of the file is not repeated: it may hold parts of the key.
        told = "is protected by a password" if isinstance(error, TypeError) else "cannot be read"
        raise UsageError(f"the private key {told}", remedy=f"Make one: {_MAKE}") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UsageError("the private key is not ed25519", remedy=f"Make one: {_MAKE}")
    return key


def _public(pem: bytes) -> "Ed25519PublicKey":
    _demand_cryptography()
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - an extra
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError:
        raise UsageError(
            "the public key cannot be read", remedy="openssl pkey -in seal.key -pubout writes it."
        ) from None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise UsageError("the public key is not ed25519", remedy=f"Make one: {_MAKE}")
    return key


def _fingerprint(key: "Ed25519PublicKey") -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def _demand_cryptography() -> None:
    try:
        import cryptography  # noqa: F401, PLC0415 - an extra
    except ImportError:
        raise EnvironmentFault(
            "signing needs the package cryptography", remedy="pip install 'pginterlock[seal]'"
        ) from None
