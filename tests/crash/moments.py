"""Schedules beside a campaign: who comes in by them, and that each slot brings each one message."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from tests.acceptance.installation import Installation
from tests.crash.provider import Provider

PEOPLE = {f"early-{number}": f"+1505555{number:04}" for number in range(20)}
ADDRESSES = frozenset(PEOPLE.values())


def invite(shop: Installation) -> dt.datetime:
    """The twenty are known; what time it is."""
    calls = [
        {"type": "identify", "userId": name, "traits": {"phone": phone, "plan": "early"}}
        for name, phone in PEOPLE.items()
    ]
    assert shop.web.post("/v1/batch", json={"batch": calls}).status_code == 200
    now: dt.datetime = shop.number("SELECT clock_timestamp()")
    return now


def publish(shop: Installation, slug: str, trigger: dict[str, str]) -> None:
    """A journey that lets the twenty in by the trigger, as often as it comes."""
    shop.publish({
        "journey": slug,
        "enter": {
            "on": [trigger],
            "if": {"attribute": "plan", "eq": "early"},
            "again": "always",
        },
        "steps": [{"id": "sms", "send": {"channel": "sms", "text": "At {{ entry.slot }}"}}],
    })  # fmt: skip


def opened(shop: Installation) -> list[dt.datetime]:
    """The slots that are worked off."""
    rows = shop.rows("SELECT slot_at FROM journeys_slot WHERE finished_at IS NOT NULL ORDER BY 1")
    return [slot for (slot,) in rows]


def is_over(shop: Installation, slots: int) -> bool:
    """Whether so many slots have brought everybody their message, or why they get none."""
    done = shop.number(
        "SELECT count(*) FROM channels_message m JOIN profiles_customer c ON c.id = m.customer_id"
        " WHERE c.phone = ANY(%s) AND m.status IN ('sent', 'withheld')",
        list(ADDRESSES),
    )
    return bool(done == slots * len(PEOPLE))


def check(shop: Installation, provider: Provider, slots: Sequence[dt.datetime]) -> None:
    """Each slot was opened once, and the provider took one message of it for each of the twenty
    who is not in the control group.
    """
    assert opened(shop) == list(slots)
    withheld = shop.number(
        "SELECT count(DISTINCT m.customer_id) FROM channels_message m"
        " JOIN profiles_customer c ON c.id = m.customer_id"
        " WHERE c.phone = ANY(%s) AND m.status = 'withheld'",
        list(ADDRESSES),
    )
    taken = Counter(
        (each["to"], each["text"]) for each in provider.taken() if each["to"] in ADDRESSES
    )
    assert set(taken.values()) == {1}
    assert len(taken) == len(slots) * (len(PEOPLE) - withheld)
