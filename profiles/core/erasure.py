"""What is kept of an address after its customer was erased: a keyed hash."""

import hashlib
import hmac

ERASED = "erased"
"""The reason for which marketing does not reach the address of somebody who was erased."""


def fingerprint(secret: bytes, channel: str, address: str) -> str:
    """HMAC-SHA256 of an address in its canonical spelling, in hexadecimal."""
    return hmac.new(secret, f"{channel}\0{address}".encode(), hashlib.sha256).hexdigest()
