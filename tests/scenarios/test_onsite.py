"""Messages on the shop's pages, as journeys see them: shown, read, followed, put away."""

from uuid import UUID

import pytest
from django.db import connection

from channels.models import Message
from channels.operations.onsite import mark
from channels.operations.suppression import Word, suppress
from channels.queries import onsite
from profiles.core.consent import ConsentChange
from profiles.operations.consent import set_consents
from profiles.queries.conditions import Binder
from profiles.queries.conditions.reach import reach_sql
from tests.database import letters
from tests.world import World

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"
OFFER = """
journey: offer
title: An offer on the site
enter:
  on: [{event: Product Viewed}]
  again: always
steps:
  - id: offer
    send:
      channel: inbox
      title: "Free shipping, {{ customer.firstName }}"
      text: Until tomorrow.
      url: https://shop.example/hats
      data: {placement: banner}
      expires: 1d
  - id: answer
    wait_for:
      any:
        - {event: message.clicked, then: end}
        - {event: message.opened, where: {action: {eq: dismiss}}, then: end}
      timeout: 1h
      then: mail
  - id: mail
    send: {channel: email, subject: Free shipping, text: Until tomorrow.}
"""


def shows(world: World, name: str) -> list[str]:
    return [item.title for item in onsite.feed(world.id(name), now=world.now)]


def tells(world: World, name: str, what: str) -> None:
    items = onsite.feed(world.id(name), now=world.now)
    pairs = [(UUID(item.id), what) for item in items]
    mark(world.id(name), pairs, user_agent=CHROME, now=world.now)
    world.settle()


def reachable() -> set[int]:
    bind = Binder()
    condition = reach_sql("inbox", "c", bind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT c.id FROM profiles_customer c WHERE {condition}", bind.params)
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def site(world: World) -> World:
    world.journey(OFFER)
    world.meet("alice", "bob", "charlie")
    return world


def test_whoever_follows_the_banner_gets_no_mail(site: World) -> None:
    site.does("alice", "Product Viewed")
    site.does("bob", "Product Viewed")
    assert shows(site, "alice") == ["Free shipping, Alice"]
    tells(site, "alice", "impression")
    tells(site, "alice", "click")
    site.passes("2h")
    assert site.inbox("alice") == ["inbox: Free shipping, Alice"]
    assert site.inbox("bob") == ["inbox: Free shipping, Bob", "email: Free shipping"]
    (step, *_) = site.report("offer")["steps"]
    assert (step["sent"], step["opened"], step["clicked"]) == (2, 1, 1)


def test_who_puts_it_away_is_left_alone_and_sees_it_no_more(site: World) -> None:
    site.does("alice", "Product Viewed")
    tells(site, "alice", "dismiss")
    assert shows(site, "alice") == []
    site.passes("2h")
    assert site.inbox("alice") == ["inbox: Free shipping, Alice"]


def test_it_is_gone_when_its_step_says(site: World) -> None:
    site.does("alice", "Product Viewed")
    site.passes("23h")
    assert shows(site, "alice") == ["Free shipping, Alice"]
    site.passes("1h")
    assert shows(site, "alice") == []


def test_consent_and_suppression_hold_here_too(site: World) -> None:
    no = ConsentChange(
        customer_id=site.id("bob"), channel="inbox", state="unsubscribed", source="form"
    )
    set_consents([no], now=site.now)
    suppress([Word("inbox", str(site.id("charlie")), "unsubscribed", "form", site.now)])
    for name in ("alice", "bob", "charlie"):
        site.does(name, "Product Viewed")
    assert [site.skipped(name) for name in ("alice", "bob", "charlie")] == [
        [], ["no_consent"], ["suppressed"],
    ]  # fmt: skip
    assert reachable() == {site.id("alice")}
    assert [shows(site, name) != [] for name in ("alice", "bob", "charlie")] == [True, False, False]


def test_who_has_no_name_on_the_site_cannot_be_reached_there(site: World) -> None:
    bob = site.id("bob")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_identifier SET kind = 'loyalty_card', value = 'b-1'"
            " WHERE customer_id = %s AND kind = 'user_id'",
            [bob],
        )
    letters.outbox_add(
        letters.draft(
            bob, letters.content({"title": "x"}), channels=("inbox",), send_after=site.now
        ),
        now=site.now,
    )
    site.settle()
    assert (Message.objects.get().status, Message.objects.get().reason) == ("skipped", "no_address")
    assert reachable() == {site.id("alice"), site.id("charlie")}


def test_a_visitor_who_logs_in_keeps_what_they_were_shown(site: World) -> None:
    site.does("alice", "Product Viewed")
    before = onsite.feed(site.id("alice"), now=site.now)
    site.meet("alice", loyal=True)
    assert onsite.feed(site.id("alice"), now=site.now) == before
