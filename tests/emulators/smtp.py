"""A mail server on loopback that keeps what it takes and can fail at each step of a hand-over."""

import asyncio
import json
import re
import ssl
import threading
import time
import warnings
from pathlib import Path
from typing import Any, Literal, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

_MESSAGE_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE)
Step = Literal["mail", "rcpt", "data", "drop_before_taking", "drop_after_taking"]


class MailServer:
    """Takes mail for anybody, or for one login. `fail` maps a step to the reply it gives."""

    def __init__(
        self,
        *,
        port: int = 0,
        login: tuple[str, str] | None = None,
        log: Path | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.accepted: list[dict[str, Any]] = []
        self.replies: dict[Step, str] = {}
        self.sessions = 0
        self._login = login
        self._log = log.open("a", buffering=1) if log else None
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=port,
            auth_required=login is not None,
            auth_require_tls=False,
            tls_context=tls,
            authenticator=self._authenticate,
            auth_exclude_mechanism=None if login else ["LOGIN", "PLAIN"],
            data_size_limit=50_000_000,
            ready_timeout=120,
        )

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()
        self._controller.stop()
        if self._log:
            self._log.close()

    def _hang_up(self) -> None:
        """Close what clients hold open: the library leaves that to the collection of garbage."""
        loop, done = self._controller.loop, threading.Event()

        def close() -> None:
            for session in self._controller.made:
                if isinstance(session.transport, asyncio.WriteTransport):
                    session.transport.abort()
            loop.call_soon(done.set)

        loop.call_soon_threadsafe(close)
        done.wait(120)

    def fail(self, step: Step, reply: str = "") -> None:
        self.replies[step] = reply

    def _authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        given = (
            (data.login.decode(), data.password.decode())
            if isinstance(data, LoginPassword)
            else None
        )
        return AuthResult(success=given == self._login, handled=False)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "mail" in self.replies:
            return self.replies["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "rcpt" in self.replies:
            return self.replies["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "data" in self.replies:
            return self.replies["data"]
        if "drop_before_taking" in self.replies:
            server.transport.abort()
            return "451 gone"
        self._take(envelope)
        if "drop_after_taking" in self.replies:
            server.transport.abort()
        return "250 2.0.0 OK: queued"

    def _take(self, envelope: Envelope) -> None:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        found = _MESSAGE_ID.search(raw)
        message_id = found[1].decode() if found else ""
        taken = {
            "uid": message_id.strip("<>").partition("@")[0],
            "id": message_id,
            "to": envelope.rcpt_tos[0],
            "sender": envelope.mail_from,
            "at": time.time(),
        }
        self.accepted.append({**taken, "raw": raw})
        if self._log:
            self._log.write(json.dumps(taken) + "\n")


class _Controller(Controller):
    def __init__(self, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self.made: list[SMTP] = []

    def _trigger_server(self) -> None:
        # The library calls the port it was given, which is 0 here.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    def factory(self) -> SMTP:
        self.handler.sessions += 1
        with warnings.catch_warnings():
            # A login without TLS is unwise anywhere but on loopback.
            warnings.simplefilter("ignore", UserWarning)
            self.made.append(super().factory())
        return self.made[-1]
