"""Double opt-in: what a customer was asked and has not answered, and what became of a question."""

import datetime as dt
from typing import Literal, NamedTuple

from django.db import connection

from channels.core.links import Asked, Token, asked_of
from channels.queries.gates import MICROSECONDS
from channels.queries.public import signer

Stage = Literal["open", "done", "past"]

# A confirmation answers for the address that was asked; where it is another by now, it is past.
SAID = f"""
SELECT c.id, k.channel, k.topic,
       CASE k.channel WHEN 'email' THEN c.email WHEN 'sms' THEN c.phone
                      WHEN 'whatsapp' THEN c.phone ELSE '' END,
       k.state, k.at, {MICROSECONDS}, k.proof->>'wording', k.proof->>'sha256', c.locale
FROM profiles_customer own
JOIN profiles_customer c ON c.id = COALESCE(own.merged_into_id, own.id)
LEFT JOIN profiles_consent k ON k.customer_id = c.id
WHERE own.id = %s
"""


class Question(NamedTuple):
    """What a confirmation is about. `stage` says whether it is still to be answered."""

    customer_id: int
    channel: str
    topic: str
    address: str
    at: dt.datetime | None
    wording: str
    sha256: str
    locale: str
    stage: Stage


class _Said(NamedTuple):
    customer_id: int
    channel: str | None
    topic: str | None
    address: str
    state: str
    at: dt.datetime
    micros: int
    wording: str | None
    sha256: str | None
    locale: str

    def asked(self, customer: int, at: int) -> Asked:
        return Asked.of(customer, at, self.channel or "", self.topic or "", self.address)


def question(token: Token) -> Question | None:
    """What the token asks; None where the customer or every word of theirs has been erased."""
    customer, at = asked_of(token)
    rows = _said(customer)
    if not rows or rows[0].channel is None:
        return None
    for row in rows:
        if row.asked(customer, at).digest == token.link:
            return _question(row, _stage(row, at))
    return _question(rows[0], "past")


def addresses(customer: int) -> dict[tuple[str, str], str]:
    """Where the customer confirms each consent that is pending, by channel and topic."""
    made = signer()
    return {
        (row.channel, row.topic or ""): made.confirm(row.asked(row.customer_id, row.micros))
        for row in _said(customer)
        if row.channel is not None and row.state == "pending"
    }


def _said(customer: int) -> list[_Said]:
    with connection.cursor() as cursor:
        cursor.execute(SAID, [customer])
        return [_Said._make(row) for row in cursor.fetchall()]


def _stage(row: _Said, at: int) -> Stage:
    if row.state == "subscribed":
        return "done"
    return "open" if (row.state, row.micros) == ("pending", at) else "past"


def _question(row: _Said, stage: Stage) -> Question:
    return Question(
        customer_id=row.customer_id,
        channel=row.channel or "",
        topic=row.topic or "",
        address=row.address,
        at=row.at,
        wording=row.wording or "",
        sha256=row.sha256 or "",
        locale=row.locale,
        stage=stage,
    )
