"""Mail out over SMTP (RFC 5321), several messages to a connection.

Until the final dot has been written the server cannot have taken the mail, so any failure before
it is `retry`; a lost connection after it is `unknown`. One deadline bounds a whole hand-over.
"""

import re
import smtplib
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from time import monotonic
from typing import NamedTuple

import msgspec

from channels.adapters.base import Option
from channels.adapters.smtp.session import Server, Session, SessionError, server_of
from channels.adapters.transport import seconds_of
from channels.core.mail import mailbox, message_id, mime, refusal
from channels.core.message import AccountSettings, Outcome, OutcomeKind, Outgoing
from channels.core.receipt import plain

CHANNELS = ("email",)
OPTIONS = (Option(name="url", label="smtp://user:password@host:587", secret=True, required=True),)
MAX_IDLE_SESSIONS = 32

# Whole replies first, then the first digit. RFC 4954 and 5321.
REPLIES: Mapping[int, tuple[OutcomeKind, str]] = {
    530: ("account_broken", "wrong_credentials"),
    534: ("account_broken", "wrong_credentials"),
    535: ("account_broken", "wrong_credentials"),
    538: ("account_broken", "wrong_credentials"),
}
CLASSES: Mapping[int, OutcomeKind] = {2: "accepted", 4: "retry", 5: "permanent"}
_NO_SUCH_MAILBOX = re.compile(r"5\.1\.(?:0|1|2|3|6|10)\b")
_LINE_START_DOT = re.compile(rb"(?m)^\.")


def open(account: AccountSettings) -> "SmtpSender":
    """Open the account; no connection is made yet."""
    return SmtpSender(account)


class SmtpSender:
    """One mail server account, safe to use from many threads; each takes a session of its own."""

    repeatable = False
    settle_seconds = 0

    def __init__(self, account: AccountSettings) -> None:
        self._sender = account.sender
        self._seconds = seconds_of(account)
        self._url = account.options.get("url", "")
        self._idle: deque[Session] = deque()

    def send(self, message: Outgoing) -> Outcome:
        message = msgspec.structs.replace(message, sender=message.sender or self._sender)
        refused = refusal(message)
        if refused is not None:
            return refused
        server = server_of(self._url)
        if server is None:
            return _broken(
                "unusable_url", "Its address must be like smtp://user:password@host:587."
            )
        recipient = mailbox(message.to)[1]
        return self._send(server, composed(message, recipient))

    def lookup(self, *, uid: str, to: str, since: datetime, body: str) -> Outcome | None:
        """SMTP keeps no list to look into."""
        return None

    def close(self) -> None:
        while self._idle:
            self._idle.pop().hang_up()

    def _send(self, server: Server, mail: "Mail") -> Outcome:
        """Over a kept session if one still answers; else over a new one."""
        until = monotonic() + self._seconds.connect + self._seconds.read
        kept = self._kept_session(mail.sender, until=until)
        if kept is not None:
            return self._transfer(kept, mail)
        try:
            session = Session(server, seconds=self._seconds, until=until)
        except SessionError as error:
            return error.outcome
        try:
            reply = session.mail(mail.sender)
        except (smtplib.SMTPException, OSError) as error:
            session.hang_up()
            return Outcome(kind="retry", code="connection_lost", detail=plain(str(error)))
        if reply[0] // 100 != 2:
            session.hang_up()
            return refused(*reply)
        return self._transfer(session, mail)

    def _kept_session(self, sender: str, *, until: float) -> Session | None:
        """A session that has taken MAIL FROM for this message."""
        while True:
            try:
                session = self._idle.pop()
            except IndexError:
                return None
            if session.is_fresh() and session.begins(sender, until=until):
                return session
            session.hang_up()

    def _transfer(self, session: Session, mail: "Mail") -> Outcome:
        """From RCPT to the reply that follows the final dot."""
        try:
            reply = session.rcpt(mail.recipient)
            if reply[0] // 100 == 2:
                reply = session.docmd("DATA")
            if reply[0] != 354:
                self._keep(session, clean=False)
                return refused(*reply)
            session.send(mail.content)
        except (smtplib.SMTPException, OSError) as error:
            session.hang_up()
            return Outcome(kind="retry", code="connection_lost", detail=plain(str(error)))
        try:
            reply = session.docmd(".")
        except (smtplib.SMTPException, OSError) as error:
            session.hang_up()
            return Outcome(kind="unknown", code="no_answer", detail=plain(str(error)))
        self._keep(session, clean=reply[0] < 300)
        outcome = replied(*reply)
        if outcome.kind != "accepted":
            return outcome
        return msgspec.structs.replace(outcome, provider_id=mail.message_id)

    def _keep(self, session: Session, *, clean: bool) -> None:
        if len(self._idle) < MAX_IDLE_SESSIONS and session.can_continue(clean=clean):
            self._idle.append(session)
        else:
            session.hang_up()


class Mail(NamedTuple):
    """A mail ready for the wire: its envelope and its bytes, with leading dots doubled."""

    sender: str
    recipient: str
    message_id: str
    content: bytes


def composed(message: Outgoing, recipient: str) -> Mail:
    """Done before the deadline starts to run."""
    content = _LINE_START_DOT.sub(b"..", mime(message))
    return Mail(mailbox(message.sender)[1], recipient, message_id(message), content)


def _broken(code: str, remedy: str) -> Outcome:
    return Outcome(kind="account_broken", code=code, detail=f"The account cannot be used. {remedy}")


def refused(code: int, words: bytes) -> Outcome:
    """A reply that ends a hand-over before the final dot: the server cannot have taken the mail."""
    outcome = replied(code, words)
    if outcome.kind in ("permanent", "account_broken"):
        return outcome
    return msgspec.structs.replace(outcome, kind="retry", code=outcome.code or f"smtp_{code}")


def replied(code: int, words: bytes) -> Outcome:
    """A reply as an outcome; the mail is ours no longer only after a 2xx to the final dot."""
    detail = plain(words.decode("utf-8", "replace"))
    kind, meaning = REPLIES.get(code, (CLASSES.get(code // 100, "unknown"), ""))
    if kind == "permanent" and _NO_SUCH_MAILBOX.search(detail):
        meaning = "invalid_address"
    if kind == "accepted":
        return Outcome(kind=kind, http_status=None, detail=detail)
    return Outcome(kind=kind, code=meaning or f"smtp_{code}", detail=f"{code} {detail}")
