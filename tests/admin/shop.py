"""A shop with a past, for pages that need something to show."""

import datetime as dt
from collections import Counter

from django.contrib.auth.models import Group, User
from django_celery_beat.models import ClockedSchedule, SolarSchedule

from channels.models import (
    Account,
    Call,
    Device,
    LinkCheck,
    Message,
    Receipt,
    Seed,
    Suppression,
)
from channels.operations import brakes, templates
from config import schedule
from journeys.core.entry import holdout_salt
from journeys.models import SetAside
from profiles.core import draw
from profiles.core.consent import ConsentChange
from profiles.models import ErasedAddress, LifecycleModel, Merge
from profiles.operations import audit, segment_sizes, segments
from profiles.operations.access import create_key
from profiles.operations.consent import set_consents
from tests.draws import choose_numbers
from tests.world import World

CUSTOMERS = 16
CART = """
journey: abandoned-cart
title: Abandoned cart
stage: acquisition
enter:
  on:
    - event: Cart Updated
  again: always
  holdout: 50
leave:
  on:
    - event: Order Completed
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: test
    split:
      - {arm: A, share: 50, then: mail_a}
      - {arm: B, share: 50, then: mail_b}
  - id: mail_a
    send:
      channel: email
      subject: "Your basket, {{ customer.firstName }}"
      html: "<p>It waits.</p>"
      text: "It waits."
    then: later
  - id: mail_b
    send: {channel: email, subject: "Still there", html: "<p>Still.</p>", text: "Still."}
  - id: later
    wait: 2d
  - id: nudge
    send: {channel: sms, text: "Still thinking?"}
"""


def stock(world: World, *, customers: int = CUSTOMERS) -> World:
    """Customers who filled carts; some bought, some may not be written to, the rest wait."""
    names = [f"customer-{number:03d}" for number in range(customers)]
    world.journey(CART)
    choose_numbers(lambda first: _is_fair(first, customers))
    for number, name in enumerate(names):
        world.meet(
            name,
            firstName=f"Name{number}",
            email=f"{name}@example.com",
            phone=f"+1202555{1000 + number}",
            timezone="America/New_York" if number % 2 else "",
        )
    refuse = [
        ConsentChange(
            customer_id=world.id(name), channel="email", state="unsubscribed", source="form"
        )
        for name in names[::5]
    ]
    set_consents(refuse, now=world.now)
    world.together(*(world.call(name, "Cart Updated", cart_id=f"c-{name}") for name in names))
    world.passes("2h")
    world.together(
        *(
            world.call(name, "Order Completed", order_id=f"o-{name}", revenue=20)
            for name in names[::3]
        )
    )
    return world


def _is_fair(first: int, customers: int) -> bool:
    """A quarter of those with consent is held out, a quarter gets each of the two mails."""
    consenting = [str(first + place) for place in range(customers) if place % 5]
    arms = draw.ranges([("A", 50), ("B", 50)])
    groups = Counter(
        "held out"
        if draw.drawn(holdout_salt("abandoned-cart"), number, 50)
        else draw.arm(arms, draw.bucket("abandoned-cart:test", number))
        for number in consenting
    )
    return len(groups) == 3 and min(groups.values()) >= len(consenting) // 4


GREETING = {
    "subject": "Hello {{ customer.firstName }} & co",
    "html": "<h1>Spring</h1><p>{{ customer.city }}</p><script>alert(1)</script>",
    "locales": {"de": {"subject": "Hallo {{ customer.firstName }}"}},
}


def furnish(world: World) -> None:
    """One row of every table that the story itself does not fill."""
    _channels(world.now)
    _incidents(world)
    segments.save(
        "buyers", title="Buyers & friends", revision=None, now=world.now,
        condition={"all": [{"event": "Order Completed"}, {"attribute": "firstName", "ne": "<b>"}]},
    )  # fmt: skip
    world.settle()
    for days in (2, 1):
        segment_sizes.keep(now=world.now - dt.timedelta(days=days))
    audit.write("exported", "profiles.customer", world.id("customer-000"))
    ErasedAddress.objects.create(hash="h", reason="erased", at=world.now)
    create_key(name="Shop", kind="write", scopes=[], now=world.now)
    Group.objects.create(name="Marketing")
    User.objects.create_user("olaf")
    schedule.sync()
    SolarSchedule.objects.create(event="sunrise", latitude=50, longitude=14)
    ClockedSchedule.objects.create(clocked_time=world.now + dt.timedelta(days=1))


def _channels(now: dt.datetime) -> None:
    account = Account(slug="sendgrid", adapter="sendgrid", channel="email", created_at=now)
    account.options = {"api_key": "SG.canary"}
    account.save()
    Account.objects.create(
        slug="twilio", adapter="twilio", channel="sms", state="paused", paused_reason="401",
        created_at=now,
    )  # fmt: skip
    brakes.save_cap("two-a-week", {"most": 2, "hours": 168})
    brakes.halt("journey", "spring", reason="wrong price", by="admin:ann", now=now)
    Suppression.objects.create(
        channel="email", address="gone@example.com", reason="bounced", source="test", at=now
    )
    templates.save("spring", title="Spring <b>", content=GREETING, revision=None, by="ann", now=now)
    Seed.objects.create(channel="email", address="team@shop.example", name="Team")
    LinkCheck.objects.create(
        hash="h", url="https://shop.example/?a=<b>", kind="link", verdict="broken", status=404,
        detail="The page is not there: HTTP 404.", checked_at=now, first_broken_at=now,
        uses=["abandoned-cart/mail_a"],
    )  # fmt: skip
    message = Message.objects.filter(sent_at__isnull=False).earliest("id")
    Receipt.objects.create(
        source="test", key="1", message=message, kind="opened", at=now, received_at=now,
        machine=True,
    )  # fmt: skip


def _incidents(world: World) -> None:
    now, first, second = world.now, world.id("customer-000"), world.id("customer-001")
    Device.objects.create(
        customer_id=first, endpoint="https://push.example.com/1", p256dh="k", auth="a",
        created_at=now, last_seen_at=now,
    )  # fmt: skip
    Call.objects.create(
        customer_id=first, enrollment_id=1, journey="abandoned-cart", version=1, step="score",
        visit=1, method="POST", url="https://api.example.com/?a=<b>", headers={"x": "canary"},
        timeout=10, retries=5, status="failed", error="It was refused: HTTP 404, “<b>”.",
        http_status=404, attempts=1, call_after=now, created_at=now, ended_at=now, told=True,
    )  # fmt: skip
    SetAside.objects.create(
        kind="event", ref_id=1, customer_id=second, error="ValueError: no", at=now
    )
    Merge.objects.create(
        survivor_id=first, merged_id=second, at=now, cause="alias", moved={"events": 2}
    )
    model = {"cycle_seconds": 86400.0, "created_at": now, "thresholds": {"lost": 4}, "cuts": {}}
    LifecycleModel.objects.get_or_create(version=9, defaults=model)
    word = ConsentChange(customer_id=world.id("customer-002"), channel="push", state="pending")
    set_consents([word], now=now)
