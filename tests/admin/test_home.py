"""The home page's numbers are those that its lists count."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import Message
from channels.operations.brakes import halt
from journeys.models import Enrollment
from profiles.operations import history as counting
from profiles.queries import history
from tests.admin.pages import Page
from tests.admin.shop import CART
from tests.world import World

NUMBER = re.compile(r"[0-9][0-9,]*")


def test_every_number_is_what_its_list_counts(shop: World, anna: Client) -> None:
    page = Page(anna.get(reverse("admin:index")).content.decode())
    counted = 0
    for href, text in page.links:
        shown = NUMBER.findall(text) if href.startswith("/admin/") else []
        if not shown:
            continue
        answer = anna.get(href)
        if "cl" in (answer.context or {}):
            assert answer.context["cl"].result_count == int(shown[-1].replace(",", "")), (
                href,
                text,
            )
            counted += 1
    assert counted > 30


def test_what_needs_a_hand_is_said(shop: World, anna: Client) -> None:
    page = anna.get(reverse("admin:index")).content.decode()
    assert "Account twilio is paused and sends nothing: 401" in page
    assert "1 event or customer was set aside after an error." in page


def test_a_halt_of_everything_is_said_first(shop: World, anna: Client) -> None:
    told = "Everything is halted: nothing leaves until somebody lifts the halt."
    assert told not in anna.get(reverse("admin:index")).content.decode()
    halt("all", "", reason="a look first", by="admin:anna", now=shop.now)
    page = anna.get(reverse("admin:index"))
    assert page.context["attention"][0]["text"] == told


def test_a_customer_whom_no_worker_moves_is_noticed(shop: World, anna: Client) -> None:
    from profiles.operations import clock

    before = anna.get(reverse("admin:index")).content.decode()
    due_at = shop.walk("customer-001", "abandoned-cart").due_at
    assert due_at is not None
    clock.advance(due_at - shop.now)
    clock.advance(dt.timedelta(minutes=5))
    after = anna.get(reverse("admin:index")).content.decode()
    assert "Is a worker running?" not in before
    assert "Is a worker running?" in after


def test_the_sandbox_is_named_on_every_page(shop: World, anna: Client, settings: object) -> None:
    assert "Sandbox" in anna.get(reverse("admin:profiles_customer_changelist")).content.decode()
    settings.SOJOURN_SANDBOX = False  # type: ignore[attr-defined]
    page = anna.get(reverse("admin:profiles_customer_changelist")).content.decode()
    assert reverse("admin:sandbox") not in page
    assert anna.get(reverse("admin:sandbox")).status_code == 404


@pytest.mark.parametrize(
    "term", ["customer-003", "customer-003@example.com", "+12025551003", "name3"]
)
def test_the_command_search_finds_customers(shop: World, anna: Client, term: str) -> None:
    page = anna.get(reverse("admin:search"), {"s": term, "extended": "1"}).content.decode()
    assert reverse("admin:profiles_customer_change", args=[shop.id("customer-003")]) in page


def test_the_command_search_finds_journeys(shop: World, anna: Client) -> None:
    page = anna.get(reverse("admin:search"), {"s": "abandoned", "extended": "1"}).content.decode()
    assert "Abandoned cart" in page


def test_what_was_not_sent_today_is_told_by_reason(shop: World, anna: Client) -> None:
    traffic = anna.get(reverse("admin:index")).context["traffic"]
    skipped = Message.objects.filter(status__in=["skipped", "expired"])
    assert {row["number"] for row in traffic["refused"]} == {skipped.count()}
    assert [row["label"] for row in traffic["refused"]] == ["no consent"]


def test_a_line_of_a_journey_counts_those_who_came_in(shop: World, anna: Client) -> None:
    (row,) = anna.get(reverse("admin:index")).context["journeys"]
    assert row["spark"]["total"] == str(Enrollment.objects.count())
    assert len(row["spark"]["line"].split()) == 14
    assert row["spark"]["told"] in anna.get(reverse("admin:index")).content.decode()


def test_an_offer_that_ends_soon_is_told_of(shop: World, anna: Client) -> None:
    document = CART.replace("channel: sms,", 'channel: sms, offer_ends: "ENDS",')
    told = "The offer of the step nudge of abandoned-cart ends"
    for days, expected in ((30, False), (3, True), (-1, False)):
        ends = shop.now + dt.timedelta(days=days)
        shop.journey(document.replace("ENDS", ends.isoformat(timespec="minutes")))
        assert (told in anna.get(reverse("admin:index")).content.decode()) is expected


def test_a_message_whose_worker_is_gone_is_told_of(shop: World, anna: Client) -> None:
    row = Message.objects.earliest("id")
    gone = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    Message.objects.filter(pk=row.pk).update(status="sending", lease_until=gone)
    page = anna.get(reverse("admin:index"))
    (notice,) = [each for each in page.context["attention"] if "worker" in each["text"]]
    assert notice["text"] == "1 message was claimed by a worker that has gone."
    assert anna.get(notice["url"]).context["cl"].result_count == 1


def test_home_asks_as_often_for_one_journey_as_for_ten(shop: World, anna: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            anna.get(reverse("admin:index"))
        return len(queries)

    asked()
    once = asked()
    for number in range(10):
        shop.journey(CART.replace("abandoned-cart", f"cart-{number}"))
    asked()
    assert asked() == once


def test_a_large_base_sees_the_ways_that_the_night_counted(
    shop: World, anna: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = anna.get(reverse("admin:index")).context["flow"]
    monkeypatch.setattr(history, "FEW", 1)
    before = anna.get(reverse("admin:index"))
    assert before.context["flow"].rows == []
    assert "the first count is yet to come" in before.content.decode()
    assert "/charts/charts.js" not in before.content.decode()
    counting.count(now=shop.now)
    kept = anna.get(reverse("admin:index")).context["flow"]
    assert kept.rows == live.rows != []
    assert "every night anew" in kept.note


def test_the_file_of_the_ways_comes_from_their_report(shop: World, anna: Client) -> None:
    chart = anna.get(reverse("admin:index")).context["flow"]
    lines = anna.get(chart.address).content.decode().splitlines()
    assert len(lines) == 1 + len(chart.rows)
