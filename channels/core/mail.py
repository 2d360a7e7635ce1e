"""An e-mail as bytes (RFC 5322, 2045–2047, 2049) and the check that no value can forge a header.

The standard library's composer is forty times slower and encodes the address in List-Unsubscribe,
which mail clients then cannot read; hence the few lines here.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from email.utils import format_datetime

from channels.core.message import Outcome, Outgoing

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\u0080-\u009f]")
_FIELD_NAME = re.compile(r"[!-9;-~]+")
_ATOMS = re.compile(r"[\w!#$%&'*+\-/=?^`{|}~. ]*", re.ASCII)
_NAMED = re.compile(r"\s*([^<>]*)<([^<>]*)>\s*")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.]+@[^\s@<>,;:\"()\[\]\\]+")
_NEWLINES = re.compile(r"\r\n|\r|\n")
LINE = 76
MAX_LINE = 998
# UTF-8 that fits an encoded word which still leaves room for `Subject: ` on a line.
WORD_BYTES = 39

# What the transport itself writes; a template may not set these.
OWN_FIELDS = frozenset({
    "bcc", "cc", "content-transfer-encoding", "content-type", "date", "dkim-signature", "from",
    "message-id", "mime-version", "received", "return-path", "sender", "subject", "to",
})  # fmt: skip


def forged_field(message: Outgoing) -> str | None:
    """The name of the first header whose name or value could break out of its line, or None."""
    fields = {"To": message.to, "From": message.sender, "Subject": message.subject}
    for name, value in fields.items():
        if _CONTROL.search(value):
            return name
    for name, value in message.headers.items():
        unsafe = not _FIELD_NAME.fullmatch(name) or _CONTROL.search(value)
        if unsafe or name.lower() in OWN_FIELDS:
            return name[:50]
    return None


def refusal(message: Outgoing) -> Outcome | None:
    """Why this mail is not even offered to a provider, or None."""
    forged = forged_field(message)
    if forged is not None:
        detail = f"The header {forged!r} may not be set to this value."
        return Outcome(kind="permanent", code="unsafe_header", detail=detail)
    if not mailbox(message.to)[1]:
        detail = f"{message.to[:200]!r} is no e-mail address."
        return Outcome(kind="permanent", code="invalid_address", detail=detail)
    if not mailbox(message.sender)[1]:
        detail = "The account has no sender address; enter one such as Shop <shop@example.com>."
        return Outcome(kind="account_broken", code="no_sender", detail=detail)
    return None


def mailbox(text: str) -> tuple[str, str]:
    """("Shop", "shop@example.com") of `Shop <shop@example.com>`; the domain in ASCII.

    The address is '' where there is none that a mail server would take.
    """
    named = _NAMED.fullmatch(text)
    name, address = named.groups() if named else ("", text.strip())
    if not _ADDRESS.fullmatch(address):
        return _unquoted(name), ""
    local, _, domain = address.rpartition("@")
    return _unquoted(name), f"{local}@{domain if domain.isascii() else _ascii(domain)}"


def _unquoted(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return "invalid"


def message_id(message: Outgoing) -> str:
    """The same for every attempt, so that a mail delivered twice can be folded into one."""
    _, address = mailbox(message.sender)
    return f"<{message.uid}@{address.rpartition('@')[2] or 'localhost'}>"


def mime(message: Outgoing) -> bytes:
    """The mail with CRLF line ends: text and HTML as alternatives, plain text first."""
    head = {
        "Date": format_datetime(message.at),
        "From": address_field(message.sender),
        "To": address_field(message.to),
        "Subject": encoded(message.subject),
        "Message-ID": message_id(message),
        **{name: encoded(value) for name, value in message.headers.items()},
        "MIME-Version": "1.0",
    }
    parts = [("plain", message.text)] if message.text or not message.html else []
    parts += [("html", message.html)] if message.html else []
    if len(parts) == 1:
        return _entity(head, *parts[0]).removesuffix(b"\r\n") + b"\r\n"
    boundary = f"=_{message.uid}"
    head["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    mark = f"\r\n--{boundary}".encode()
    body = b"".join(mark + b"\r\n" + _entity({}, kind, text) for kind, text in parts)
    return _fields(head) + b"\r\n" + body.removeprefix(b"\r\n") + mark + b"--\r\n"


def _entity(head: Mapping[str, str], subtype: str, text: str) -> bytes:
    """A text part; base64 where quoted-printable would swell more."""
    raw = _NEWLINES.sub("\n", text).encode("utf-8", "replace")
    encoding = "quoted-printable" if len(raw) - len(text) < len(raw) / 6 else "base64"
    if encoding == "base64":
        body = base64.encodebytes(raw.replace(b"\n", b"\r\n"))
    else:
        body = binascii.b2a_qp(raw, istext=True)
    fields = {
        **head,
        "Content-Type": f"text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding": encoding,
    }
    return _fields(fields) + b"\r\n" + body.replace(b"\n", b"\r\n")


def _fields(head: Mapping[str, str]) -> bytes:
    return "".join(f"{folded(f'{name}: {value}')}\r\n" for name, value in head.items()).encode()


def address_field(text: str) -> str:
    """A display name, encoded or quoted as it needs, and the address in angle brackets."""
    name, address = mailbox(text)
    if not name:
        return address
    if not name.isascii():
        return f"{encoded(name)} <{address}>"
    if _ATOMS.fullmatch(name) and "." not in name:
        return f"{name} <{address}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'


def encoded(value: str) -> str:
    """ASCII as it is; anything else (or a line too long to send) as RFC 2047 encoded words."""
    longest = max((len(word) for word in value.split(" ")), default=0)
    if value.isascii() and longest < MAX_LINE - LINE and "=?" not in value:
        return value
    return " ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(value))


def _chunks(value: str) -> Iterator[bytes]:
    """UTF-8 in pieces of at most 45 bytes, whole characters only."""
    piece = b""
    for character in value:
        raw = character.encode("utf-8", "replace")
        if len(piece) + len(raw) > WORD_BYTES:
            yield piece
            piece = b""
        piece += raw
    yield piece


def folded(line: str) -> str:
    """Break a long header at spaces, never right after its name; what has none stays whole."""
    if len(line) <= LINE:
        return line
    name, first, *words = line.split(" ")
    lines, current = [], f"{name} {first}"
    for word in words:
        if current.strip() and len(current) + len(word) + 1 > LINE:
            lines.append(current)
            current = ""
        current = f"{current} {word}"
    return "\r\n".join([*lines, current])
