"""Who really sent a callback, decided over the raw bytes as they came.

The providers' own verifiers raise on hostile input; these answer a `Verdict` for anything. All
comparisons are constant-time. Formulas: Twilio's "Webhooks Security", SendGrid's "Signed Event
Webhook", standardwebhooks.com 1.0.0.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

Verdict = Literal["genuine", "unsigned", "stale", "forged"]

MAX_FIELDS = 1000
MAX_SIGNATURES = 20
HOUR = 3600
FORM = "application/x-www-form-urlencoded"
_PEM_FRAME = re.compile(r"-----[A-Z ]+-----|\s+")
_PORT = re.compile(r":\d*$")
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def fresh(timestamp: str, *, now: float, past: float, future: float) -> bool:
    """Is a signed Unix time (whole seconds) at most `past` old and `future` ahead?"""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return now - past <= int(timestamp) <= now + future


def sendgrid(
    public_key: str,
    *,
    signature: str,
    timestamp: str,
    body: bytes,
    now: float,
    past: float = 25 * HOUR,
    future: float = 300,
) -> Verdict:
    """ECDSA P-256 with SHA-256 over timestamp + raw body; `public_key` is base64 SPKI or PEM.

    SendGrid repeats a failed callback for 24 hours, hence the long past.
    """
    if not signature or not timestamp:
        return "unsigned"
    key = ecdsa_key(public_key)
    raw = _base64(signature)
    if key is None or raw is None or not timestamp.isascii():
        return "forged"
    try:
        key.verify(raw, timestamp.encode("ascii") + body, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "forged"
    return "genuine" if fresh(timestamp, now=now, past=past, future=future) else "stale"


@lru_cache(maxsize=64)
def ecdsa_key(public_key: str) -> ec.EllipticCurvePublicKey | None:
    """The P-256 key in a base64 SubjectPublicKeyInfo (bare or PEM), or None."""
    raw = _base64(_PEM_FRAME.sub("", public_key))
    if not raw:
        return None
    try:
        key = load_der_public_key(raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        return None
    return key


def twilio(
    tokens: Iterable[str], *, url: str, content_type: str, body: bytes, signature: str
) -> Verdict:
    """HMAC-SHA1 over the public URL and the sorted form fields, for any of the valid tokens.

    A body that is not a form must be vouched for by `bodySHA256` in the signed URL. The scheme
    carries no time, so a replay is met by the receipt's key, not here.
    """
    if not signature:
        return "unsigned"
    given = signature.encode("utf-8", "replace")
    fields = _signed_fields(url, content_type=content_type, body=body)
    if fields is None:
        return "forged"
    genuine = False
    for token in tokens:
        for candidate in url_forms(url) if token else ():
            signed = (candidate + fields).encode("utf-8", "surrogatepass")
            digest = hmac.digest(token.encode("utf-8", "surrogatepass"), signed, "sha1")
            genuine |= hmac.compare_digest(base64.b64encode(digest), given)
    return "genuine" if genuine else "forged"


def form_fields(body: bytes) -> list[tuple[str, str]] | None:
    """The fields of a URL-encoded form, blank ones included, or None if it is not one."""
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return None


def _signed_fields(url: str, *, content_type: str, body: bytes) -> str | None:
    """What follows the URL in the signed text, or None where the body is not covered."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body:
        return ""
    if kind in ("", FORM):
        fields = form_fields(body)
        if fields is None:
            return None
        return "".join(name + value for name, value in sorted(set(fields)))
    return "" if _body_is_vouched_for(url, body) else None


def _body_is_vouched_for(url: str, body: bytes) -> bool:
    """Does the query's bodySHA256 name this body?"""
    try:
        query = parse_qsl(urlsplit(url).query, max_num_fields=MAX_FIELDS)
    except ValueError:
        return False
    named = [value for name, value in query if name == "bodySHA256"]
    digest = hashlib.sha256(body).hexdigest()
    return len(named) == 1 and hmac.compare_digest(
        digest.encode(), named[0].lower().encode("utf-8", "replace")
    )


def url_forms(url: str) -> Iterator[str]:
    """The spellings of one URL that Twilio may have signed: with and without port and quotes."""
    for spelled in _port_forms(url):
        yield spelled
        head, mark, query = spelled.partition("?")
        if "'" in query:
            yield head + mark + query.replace("'", "%27")
        if "%27" in query:
            yield head + mark + query.replace("%27", "'")


def _port_forms(url: str) -> Iterator[str]:
    yield url
    scheme, separator, rest = url.partition("://")
    if not separator:
        return
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    netloc, path = rest[:end], rest[end:]
    bare = _PORT.sub("", netloc)
    for host in (bare, bare + _DEFAULT_PORTS.get(scheme.lower(), "")):
        if host != netloc:
            yield f"{scheme}://{host}{path}"


def secret_token(secret: str, *, given: str) -> Verdict:
    """A secret that the caller repeats as it was told, over nothing but the connection."""
    if not given:
        return "unsigned"
    mine, theirs = (text.encode("utf-8", "replace") for text in (secret, given))
    return "genuine" if hmac.compare_digest(mine, theirs) else "forged"


def standard_webhook(
    secrets: Sequence[str],
    *,
    message_id: str,
    timestamp: str,
    signatures: str,
    body: bytes,
    now: float,
    tolerance: float = 300,
) -> Verdict:
    """Standard Webhooks v1: any listed `v1,` signature by any of the valid secrets."""
    if not message_id or not timestamp or not signatures:
        return "unsigned"
    offered = [
        value.encode("utf-8", "replace")
        for version, _, value in (item.partition(",") for item in signatures.split(" "))
        if version == "v1" and value
    ][:MAX_SIGNATURES]
    genuine = False
    for secret in secrets:
        expected = sign_standard_webhook(
            secret, message_id=message_id, timestamp=timestamp, body=body
        )
        for signature in offered:
            genuine |= hmac.compare_digest(expected.encode() if expected else b"", signature)
    if not genuine:
        return "forged"
    return "genuine" if fresh(timestamp, now=now, past=tolerance, future=tolerance) else "stale"


def sign_standard_webhook(
    secret: str, *, message_id: str, timestamp: str, body: bytes
) -> str | None:
    """The base64 HMAC-SHA256 of `id.timestamp.body`; None for a secret that is none.

    A secret may come without its padding, as the standard's own libraries take it.
    """
    bare = secret.removeprefix("whsec_").rstrip("=")
    key = _base64(bare + "=" * (-len(bare) % 4))
    if not key:
        return None
    head = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(key, head + body, "sha256")).decode("ascii")


def _base64(text: str) -> bytes | None:
    """Strict base64, or None."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
