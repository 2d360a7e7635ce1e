"""JSON Web Tokens that we sign with an account's key: RS256 and ES256 (RFC 7515, 7518, 7519)."""

import base64
import re
from collections.abc import Mapping

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_private_key

EllipticKey = ec.EllipticCurvePrivateKey
Key = rsa.RSAPrivateKey | EllipticKey

_FRAME = re.compile(r"-----[A-Z ]+-----|\\[nr]|\s+")


class UnusableKey(ValueError):
    """What was given is no private key of a kind that we sign with. Never holds the key."""


def private_key(pem: str) -> Key:
    """The key in a PEM, also in one whose line ends were lost or written as \\n on the way here."""
    try:
        raw = base64.b64decode(_FRAME.sub("", pem).encode("ascii"), validate=True)
        key = load_der_private_key(raw, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey("The private key cannot be read.") from None
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return key
    raise UnusableKey("The private key is neither RSA nor P-256.")


def signed(key: Key, claims: Mapping[str, object], *, kid: str = "") -> str:
    """The claims as a token; `kid` names the key to whoever reads it."""
    header = {"alg": "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256", "typ": "JWT"}
    parts = (header | ({"kid": kid} if kid else {}), claims)
    content = b".".join(_base64(msgspec.json.encode(part)) for part in parts)
    return b".".join((content, _base64(_signature(key, content)))).decode("ascii")


def _signature(key: Key, content: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    numbers = decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA256())))
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def _base64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
