"""What a request of the event API carries: its body as plain JSON bytes, and its key."""

import base64
import binascii
import zlib

from django.http import HttpRequest, UnreadablePostError

from profiles.core.wire import MAX_BATCH_BYTES, WireError, too_large

COMPRESSED = ("gzip", "x-gzip", "deflate")
GZIP = b"\x1f\x8b"
GZIP_OR_ZLIB = 47
RAW_DEFLATE = -15


def read_body(request: HttpRequest) -> bytes:
    """The body, inflated where it is compressed and never beyond the limit."""
    body = _received(request)
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding in COMPRESSED or (not encoding and body[:2] == GZIP):
        body = _inflate(body)
    elif encoding not in ("", "identity"):
        remedy = "Compress with gzip or deflate, or not at all."
        raise WireError("unknown_encoding", remedy, status=415)
    if not body.strip():
        raise WireError("empty_body", "The body is empty: send JSON.")
    return body


def _received(request: HttpRequest) -> bytes:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if declared.isdigit() and int(declared) > MAX_BATCH_BYTES:
        raise too_large()
    try:
        return request.body
    except UnreadablePostError:
        raise WireError("incomplete_body", "The body ended too early: send it again.") from None


def _inflate(body: bytes) -> bytes:
    """Stops one byte beyond the limit, however much the body promises."""
    raw = body[:1] and body[0] & 0x0F != 8 and body[:2] != GZIP
    stream = zlib.decompressobj(RAW_DEFLATE if raw else GZIP_OR_ZLIB)
    try:
        plain = stream.decompress(body, MAX_BATCH_BYTES + 1)
    except zlib.error:
        raise WireError("invalid_encoding", "The body is not what Content-Encoding says.") from None
    if len(plain) > MAX_BATCH_BYTES:
        raise too_large()
    if not stream.eof:
        raise WireError("invalid_encoding", "The compressed body ended too early.")
    return plain


def read_key(request: HttpRequest, in_body: str | None = None) -> str:
    """The key: Basic user, else the body's writeKey, else Bearer, else ?writeKey=."""
    scheme, _, credentials = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    basic = _basic_user(credentials) if scheme.lower() == "basic" else ""
    bearer = credentials.strip() if scheme.lower() == "bearer" else ""
    return basic or in_body or bearer or request.GET.get("writeKey", "")


def _basic_user(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[0]
