"""What the public pages show: the message behind a token, consents, a link's target."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _

from channels.core.archive import digest
from channels.core.links import Signer

MESSAGE = """
SELECT m.uid, c.id, m.channel, m.address, m.topic, c.locale, COALESCE(b.subject, ''),
       COALESCE(b.html, ''), COALESCE(b.text, ''), COALESCE(b.digest, '')
FROM channels_message m
JOIN profiles_customer own ON own.id = m.customer_id
JOIN profiles_customer c ON c.id = COALESCE(own.merged_into_id, own.id)
LEFT JOIN channels_messagebody b ON b.message_id = m.id
WHERE m.uid = %s
"""

# What a customer can choose: every channel that has an address, every topic ever used with them.
CHOICES = """
WITH own AS (
    SELECT 'email' AS channel, email AS address FROM profiles_customer WHERE id = %(customer)s
    UNION ALL SELECT 'sms', phone FROM profiles_customer WHERE id = %(customer)s
    UNION ALL (SELECT DISTINCT ON (1) CASE kind WHEN 'telegram' THEN kind ELSE 'push' END, endpoint
               FROM channels_device WHERE customer_id = %(customer)s AND removed_at IS NULL
               ORDER BY 1, last_seen_at DESC)
    UNION ALL (SELECT channel, customer_id::text FROM channels_message
               WHERE customer_id = %(customer)s AND channel = 'inbox' LIMIT 1)
), named AS (
    SELECT channel, topic FROM profiles_consent WHERE customer_id = %(customer)s
    UNION SELECT channel, topic FROM channels_message
          WHERE customer_id = %(customer)s AND channel <> ''
    UNION SELECT channel, '' FROM own
)
SELECT own.channel, named.topic, own.address, COALESCE(k.state, ''), k.at
FROM own JOIN named USING (channel)
LEFT JOIN profiles_consent k
    ON k.customer_id = %(customer)s AND k.channel = own.channel AND k.topic = named.topic
WHERE own.address <> ''
ORDER BY own.channel, named.topic
"""


class PublicMessage(NamedTuple):
    """A message as its receiver may see it, and who that is today."""

    uid: UUID
    customer_id: int
    channel: str
    address: str
    topic: str
    locale: str
    subject: str
    html: str
    text: str
    digest: str

    @property
    def as_sent(self) -> bool:
        """Whether the text is what was handed over; one kept without a hash is taken to be."""
        known = ("", digest(self.subject, self.html, self.text))
        return bool(self.html or self.text) and self.digest in known


class Choice(NamedTuple):
    """A channel, or a topic of it ('' = all of it), and what the customer said about it when."""

    channel: str
    topic: str
    address: str
    state: str
    at: dt.datetime | None

    @property
    def name(self) -> str:
        """How a form calls it."""
        return f"{self.channel}/{self.topic}"

    @property
    def is_on(self) -> bool:
        """Whether messages may come; without a word, what the policy says."""
        return (self.state or _unsaid()) == "subscribed"


def signer() -> Signer:
    """The maker and reader of this deployment's public addresses."""
    return Signer(secret=settings.SECRET_KEY.encode(), base=settings.PUBLIC_URL)


def message(uid: bytes) -> PublicMessage | None:
    """The message with this public id; None when it or its customer has been erased."""
    with connection.cursor() as cursor:
        cursor.execute(MESSAGE, [UUID(bytes=uid)])
        row = cursor.fetchone()
    return PublicMessage(*row) if row else None


@lru_cache(maxsize=256)
def unsubscribe_text(locale: str) -> str:
    """The word under a mail that leads to unsubscribing, in the customer's language."""
    try:
        language = translation.get_supported_language_variant(locale.replace("_", "-").lower())
    except LookupError:
        language = settings.LANGUAGE_CODE
    with translation.override(language):
        return _("Unsubscribe")


def target(link: str) -> str:
    """The address that a counted link leads to; '' if it is not known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM channels_link WHERE hash = %s", [link])
        row = cursor.fetchone()
    return row[0] if row else ""


def choices(customer_id: int) -> list[Choice]:
    """Everything this customer can say yes or no to."""
    with connection.cursor() as cursor:
        cursor.execute(CHOICES, {"customer": customer_id})
        return [Choice(*row) for row in cursor.fetchall()]


class Table(NamedTuple):
    """The choices as a table: a row a topic ("" = everything), a cell (or None) a channel."""

    channels: list[str]
    rows: list[tuple[str, list[Choice | None]]]


def table(choices: Sequence[Choice]) -> Table:
    """What is chosen of the whole channels comes first, then the topics by name."""
    channels = sorted({choice.channel for choice in choices})
    topics = sorted({choice.topic for choice in choices})
    places = {(choice.channel, choice.topic): choice for choice in choices}
    return Table(
        channels,
        [(topic, [places.get((channel, topic)) for channel in channels]) for topic in topics],
    )


def _unsaid() -> str:
    return "subscribed" if settings.SOJOURN_CONSENT == "opt_out" else ""
