"""One connection to a mail server: opened, secured, logged in, and kept while it is fresh."""

import contextlib
import io
import select
import smtplib
import socket
import ssl
from time import monotonic
from typing import Any, Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

import certifi
import msgspec

from channels.adapters.transport import Seconds, open_socket
from channels.core.message import Outcome, OutcomeKind
from channels.core.receipt import plain

IDLE_SECONDS = 60.0
MAX_MESSAGES = 100
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}

StartTls = Literal["auto", "always", "never"]


class Server(msgspec.Struct, frozen=True):
    """Where and how to connect; `tls` is TLS from the first byte."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: StartTls

    @property
    def is_local(self) -> bool:
        return self.host in _LOOPBACK


class SessionError(Exception):
    """A session that could not begin, with the outcome for the message that wanted it."""

    def __init__(self, kind: OutcomeKind, code: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = Outcome(kind=kind, code=code, detail=plain(detail))


def server_of(url: str) -> Server | None:
    """smtp://user:password@host:587?starttls=auto|always|never, or smtps:// for TLS at once."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
        starttls = parse_qs(parts.query).get("starttls", ["auto"])[0]
        wish = msgspec.convert(starttls, StartTls)
    except (ValueError, KeyError):
        return None
    if not parts.hostname:
        return None
    return Server(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=wish,
    )


class DeadlineReader(io.RawIOBase):
    """Reads a socket until one instant, however slowly the other side drips."""

    def __init__(self, sock: socket.socket, *, seconds: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = cast(io.RawIOBase, sock.makefile("rb", buffering=0))
        self.restart(seconds=seconds)

    def restart(self, *, seconds: float) -> None:
        """Count anew, for the next reply."""
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("The reply took too long.")
        self._sock.settimeout(left)
        return cast(int | None, self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class Session(smtplib.SMTP):
    """smtplib's client under one deadline: `until` for everything of one hand-over."""

    def __init__(self, server: Server, *, seconds: Seconds, until: float) -> None:
        super().__init__(local_hostname="localhost")
        self._server = server
        self._seconds = seconds
        self.until = until
        self._reader: DeadlineReader | None = None
        self._used = 0
        self._idle_since = 0.0
        self._encrypted = server.tls
        try:
            self._begin()
        except BaseException:
            self.hang_up()
            raise

    def _begin(self) -> None:
        try:
            self._greet()
            self._secure()
            self._log_in()
        except smtplib.SMTPAuthenticationError as error:
            broken = error.smtp_code >= 500
            kind: OutcomeKind = "account_broken" if broken else "retry"
            raise SessionError(kind, "wrong_credentials", _reply(error)) from error
        except ssl.SSLError as error:
            raise SessionError("retry", "tls_failed", str(error)) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise SessionError("retry", "connect_failed", str(error)) from error

    def _greet(self) -> None:
        code, words = self.connect(self._server.host, self._server.port)
        if code != 220:
            raise SessionError("retry", f"smtp_{code}", words.decode("utf-8", "replace"))
        self.ehlo_or_helo_if_needed()

    def _secure(self) -> None:
        server = self._server
        if self._encrypted or server.starttls == "never":
            return
        offered = self.has_extn("starttls")
        if offered and (server.starttls == "always" or not server.is_local):
            self.starttls(context=_context())
            self.ehlo()
            self._encrypted = True
        elif server.starttls == "always" or (server.password and not server.is_local):
            raise SessionError(
                "account_broken",
                "tls_required",
                "The server offers no encryption; add ?starttls=never to send in the clear.",
            )

    def _log_in(self) -> None:
        if not self._server.user:
            return
        if not self.esmtp_features.get("auth", "").strip():
            detail = "The server offers no login on this port; leave the user out or use another."
            raise SessionError("account_broken", "login_unsupported", detail)
        self.login(self._server.user, self._server.password)

    def _get_socket(self, host: str, port: int, timeout: Any) -> socket.socket:
        # smtplib's own hook; its time-out parameter is always unset here.
        self._host = host
        sock = open_socket(host, port, seconds=self._seconds.connect, guarded=False)
        if self._server.tls:
            sock.settimeout(self._left())
            return _context().wrap_socket(sock, server_hostname=host)
        return sock

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None and (self.file is None or self._reader is None):
            self._reader = DeadlineReader(self.sock, seconds=self._left())
            self.file = io.BufferedReader(self._reader)
        elif self._reader is not None:
            self._reader.restart(seconds=self._left())
        return super().getreply()

    def _left(self) -> float:
        return max(min(self.until - monotonic(), self._seconds.read), 0.001)

    def begins(self, sender: str, *, until: float) -> bool:
        """Start a message on a kept session; False if the session turns out to be dead."""
        self.until = until
        try:
            return self.mail(sender)[0] < 300
        except (smtplib.SMTPException, OSError):
            return False

    def is_fresh(self) -> bool:
        """Recently used, and with nothing unread from the server (such as its goodbye)?"""
        if self.sock is None or monotonic() - self._idle_since > IDLE_SECONDS:
            return False
        poller = select.poll()
        poller.register(self.sock, select.POLLIN)
        return not poller.poll(0)

    def can_continue(self, *, clean: bool) -> bool:
        """Ready for another message? After a refusal the server is told to forget this one."""
        self._used += 1
        self._idle_since = monotonic()
        if self._used >= MAX_MESSAGES or self.sock is None:
            return False
        try:
            return clean or self.rset()[0] < 300
        except (smtplib.SMTPException, OSError):
            return False

    def hang_up(self) -> None:
        """Close without waiting for a goodbye."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self.close()


def _context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())


def _reply(error: smtplib.SMTPResponseException) -> str:
    words = error.smtp_error
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{error.smtp_code} {text}"
