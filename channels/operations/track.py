"""What receivers do with a message, seen by our own pixel, links and pages.

Reading a page changes nothing; only opening, clicking and pressing a button do.
"""

import datetime as dt
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from channels.core.machine import is_machine
from channels.core.receipt import OWN, Receipt
from channels.operations.receive import receive
from channels.operations.suppression import Word, lift, suppress
from channels.queries import public
from channels.queries.confirm import Question
from channels.queries.public import Choice, PublicMessage
from profiles.core.answers import instant_text
from profiles.core.consent import EVERY, WHOLE, ConsentChange
from profiles.operations.ingest import ProfileUpdate, update_profiles


def opened(uid: bytes, *, user_agent: str, now: dt.datetime) -> None:
    """The pixel was loaded. Counts at most once a minute."""
    machine = is_machine(user_agent)
    receipt = Receipt(
        key=f"open:{uid.hex()}:{_minute(now)}:{machine:d}",
        kind="opened",
        at=now,
        message_uid=str(UUID(bytes=uid)),
        machine=machine,
    )
    receive([receipt], source=OWN, now=now)


def clicked(uid: bytes, link: str, url: str, *, user_agent: str, now: dt.datetime) -> None:
    """A counted link was followed to `url`. Counts at most once a minute and link."""
    machine = is_machine(user_agent)
    receipt = Receipt(
        key=f"click:{uid.hex()}:{link}:{_minute(now)}:{machine:d}",
        kind="clicked",
        at=now,
        message_uid=str(UUID(bytes=uid)),
        machine=machine,
        detail={"url": url},
    )
    receive([receipt], source=OWN, now=now)


def unsubscribe(message: PublicMessage, *, everything: bool, now: dt.datetime) -> None:
    """No more of this message's topic, or of its whole channel. Repeating it changes nothing."""
    topic = WHOLE if everything else message.topic
    word = next(
        (
            choice
            for choice in public.choices(message.customer_id)
            if (choice.channel, choice.topic) == (message.channel, topic)
        ),
        None,
    )
    said = word.at.isoformat() if word and word.at and word.state != "unsubscribed" else ""
    receipt = Receipt(
        key=f"unsubscribe:{message.uid.hex}:{topic}:{said}",
        kind="unsubscribed",
        at=now,
        message_uid=str(message.uid),
        detail={"topic": topic} if topic else {},
    )
    receive([receipt], source=OWN, now=now)


def prefer(
    message: PublicMessage, *, shown: Collection[str], wanted: Collection[str], now: dt.datetime
) -> int:
    """Of the choices that were shown, set exactly the wanted ones. Returns how many changed."""
    changed = [
        choice
        for choice in public.choices(message.customer_id)
        if choice.name in shown and (choice.name in wanted) != choice.is_on
    ]
    if not changed:
        return 0
    whole = [choice for choice in changed if choice.topic == WHOLE]
    with transaction.atomic():
        suppress(_word(choice, now) for choice in whole if choice.is_on)
        lift(_word(choice, now) for choice in whole if not choice.is_on)
        changes = [_change(message, choice, now) for choice in changed]
        update = ProfileUpdate(customer_id=message.customer_id, consents=changes)
        update_profiles([update], now=now)
    return len(changed)


def pause(message: PublicMessage, *, days: int, now: dt.datetime) -> None:
    """No marketing on any channel for so many days; 0 goes on now."""
    change = ConsentChange(
        customer_id=message.customer_id,
        channel=EVERY,
        state="paused" if days else "resumed",
        source="preferences",
        proof={"message": str(message.uid)},
        at=now,
        until=now + dt.timedelta(days=days) if days else None,
    )
    _tell(change, now)


def confirm(question: Question, *, ip: str, user_agent: str, now: dt.datetime) -> None:
    """The customer says yes to what they were asked, unless they said something else since."""
    if question.at is None or question.stage != "open":
        return
    change = ConsentChange(
        customer_id=question.customer_id,
        channel=question.channel,
        topic=question.topic,
        state="subscribed",
        source="confirmed",
        proof={
            "sha256": question.sha256,
            "ip": ip,
            "user_agent": user_agent,
            "asked_at": instant_text(question.at),
            "confirmed_at": instant_text(now),
        },
        at=now,
        answers=question.at,
    )
    _tell(change, now)


def _tell(change: ConsentChange, now: dt.datetime) -> None:
    update = ProfileUpdate(customer_id=change.customer_id, consents=[change])
    update_profiles([update], now=now)


def _word(choice: Choice, now: dt.datetime) -> Word:
    return Word(choice.channel, choice.address, "unsubscribed", OWN, now)


def _change(message: PublicMessage, choice: Choice, now: dt.datetime) -> ConsentChange:
    return ConsentChange(
        customer_id=message.customer_id,
        channel=choice.channel,
        topic=choice.topic,
        state="unsubscribed" if choice.is_on else "subscribed",
        source="preferences",
        proof={"message": str(message.uid)},
        at=now,
    )


def _minute(now: dt.datetime) -> str:
    return now.strftime("%Y%m%d%H%M")
