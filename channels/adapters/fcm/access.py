"""The access token of a Google service account (RFC 7523), exchanged once for all threads.

While there is none the message has not left: whatever fails here is `retry`, or the account's
fault, and never `unknown`.
"""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import msgspec

from channels.adapters import jwt
from channels.adapters.transport import Answer, Transport, TransportError
from channels.core.message import Outcome, OutcomeKind
from channels.core.receipt import plain

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105
FORM = {"content-type": "application/x-www-form-urlencoded"}
ASSERTED_FOR = timedelta(hours=1)
NEVER = datetime.min.replace(tzinfo=UTC)
SPARE = timedelta(minutes=5)
"""A token is not used to its very end: an answer takes time, and clocks differ."""

# What a refusal says of a call that carries no message.
MEANINGS: Mapping[OutcomeKind, OutcomeKind] = {
    "accepted": "retry",
    "retry": "retry",
    "unknown": "retry",
    "permanent": "account_broken",
    "account_broken": "account_broken",
}


class NoAccess(Exception):
    """There is no access token, with the outcome for the message that wanted it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class ServiceAccount(msgspec.Struct, frozen=True):
    """What we need of the JSON file that Google hands out for a service account."""

    project_id: str
    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = TOKEN_URL

    def __repr__(self) -> str:
        """Without the key."""
        return f"ServiceAccount({self.client_email!r})"


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 3600.0


class Access:
    """One service account's token; `exchanges` counts how often it was asked for."""

    def __init__(self, given: str, *, token_url: str, transport: Transport) -> None:
        self._given = given
        self._token_url = token_url
        self._transport = transport
        self._lock = threading.Lock()
        self._token = ""
        self._from = self._until = NEVER
        self._refused: NoAccess | None = None
        self._failures = 0
        self.exchanges = 0

    def account(self) -> ServiceAccount:
        """Raises NoAccess for what is no service account; its words hold nothing of it."""
        try:
            account = msgspec.json.decode(self._given, type=ServiceAccount)
        except (msgspec.DecodeError, UnicodeError):
            raise _broken("Enter the JSON file of a service account of the project.") from None
        if not account.project_id or not account.client_email:
            raise _broken("The service account names no project or no e-mail address.")
        return account

    def token(self, *, at: datetime, stale: str = "") -> str:
        """A token good at `at` and other than `stale`. Raises NoAccess.

        Who waited while an exchange failed shares its failure instead of waiting for another.
        """
        seen = self._failures
        with self._lock:
            if self._refused is not None and self._failures != seen:
                raise self._refused
            fits = self._token not in ("", stale) and self._from <= at < self._until
            if not fits:
                self._renew(at)
            return self._token

    def _renew(self, at: datetime) -> None:
        self.exchanges += 1
        self._token, self._refused = "", None
        try:
            granted = self._exchange(at)
        except NoAccess as error:
            self._refused = error
            self._failures += 1
            raise
        lasts = timedelta(seconds=min(max(granted.expires_in, 0.0), 86400.0))
        self._token = granted.access_token
        self._from, self._until = at - SPARE, at + lasts - SPARE

    def _exchange(self, at: datetime) -> _Granted:
        account = self.account()
        url = self._token_url or account.token_uri
        try:
            assertion = _assertion(account, at)
        except jwt.UnusableKey as error:
            raise _broken(str(error)) from None
        body = urlencode({"grant_type": GRANT, "assertion": assertion}).encode("ascii")
        try:
            answer = self._transport.request("POST", url, headers=FORM, body=body)
        except TransportError as error:
            outcome = error.outcome()
            kind = MEANINGS[outcome.kind]
            raise NoAccess(msgspec.structs.replace(outcome, kind=kind)) from error
        return _granted(answer)


def _assertion(account: ServiceAccount, at: datetime) -> str:
    """Signed for the address that the file names, wherever it is sent to."""
    begins = int(at.timestamp())
    claims = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": begins,
        "exp": begins + int(ASSERTED_FOR.total_seconds()),
    }
    return jwt.signed(jwt.private_key(account.private_key), claims, kid=account.private_key_id)


def _granted(answer: Answer) -> _Granted:
    if answer.status == 200:
        try:
            return msgspec.json.decode(answer.body, type=_Granted)
        except (msgspec.DecodeError, UnicodeDecodeError):
            detail = "The answer to the exchange of the token cannot be read."
            raise NoAccess(Outcome(kind="retry", code="unreadable_answer", detail=detail)) from None
    outcome = answer.outcome(detail=answer.text)
    kind = MEANINGS[outcome.kind]
    code = "wrong_credentials" if kind == "account_broken" else f"token_{answer.status}"
    raise NoAccess(msgspec.structs.replace(outcome, kind=kind, code=code))


def _broken(detail: str) -> NoAccess:
    return NoAccess(Outcome(kind="account_broken", code="wrong_credentials", detail=plain(detail)))
