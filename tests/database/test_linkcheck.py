"""Links of messages: looked at, written down, and what is broken keeps its messages back."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from channels import tasks
from channels.core.linkcheck import Kind
from channels.models import Link, LinkCheck
from channels.operations import linkcheck
from channels.operations.dispatch import Dispatched, rehearse
from channels.queries import linkchecks
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.site import Site

pytestmark = pytest.mark.django_db
QUARTER = dt.timedelta(minutes=15)


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    settings.SOJOURN_SANDBOX = False
    with Site({"/": 200, "/logo.png": 200, "/shy": 403}) as emulator:
        yield emulator


def mail(site: Site) -> dict[str, Any]:
    link = site.at("/sale") + "?a=1&amp;b={{ entry.cart }}"
    return {
        "subject": "Sale", "html": f'<a href="{link}">Go</a><img src="{site.at("/logo.png")}">',
    }  # fmt: skip


def verdicts() -> dict[str, str]:
    rows = LinkCheck.objects.order_by("id").values_list("url", "verdict")
    return {url.rpartition("/")[2]: verdict for url, verdict in rows}


def look(site: Site, *paths: str, now: dt.datetime = NOW) -> None:
    linkcheck.look({site.at(path): "link" for path in paths}, now=now)


def test_every_look_is_written_down_with_the_instant_it_broke(site: Site) -> None:
    look(site, "/", "/sale", "/shy")
    assert verdicts() == {"": "ok", "sale": "broken", "shy": "unknown"}
    look(site, "/sale", now=NOW + QUARTER)
    row = LinkCheck.objects.get(url=site.at("/sale"))
    assert (row.first_broken_at, row.checked_at, row.status) == (NOW, NOW + QUARTER, 404)
    assert row.detail == "The page is not there: HTTP 404."
    site.pages["/sale"] = 200
    look(site, "/sale", now=NOW + 2 * QUARTER)
    row.refresh_from_db()
    assert (row.verdict, row.first_broken_at, row.detail) == ("ok", None, "")


def test_nothing_is_fetched_in_the_sandbox_nor_when_it_is_off(site: Site, settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    look(site, "/")
    settings.SOJOURN_SANDBOX, settings.SOJOURN_LINK_CHECK = False, "off"
    look(site, "/")
    assert linkcheck.look_over({site.at("/"): "link"}, [], now=NOW) == 0
    assert linkcheck.look_again(now=NOW) == 0
    assert (site.asked, verdicts()) == ([], {})


def test_our_own_pages_are_not_asked(site: Site, settings: Any) -> None:
    settings.PUBLIC_URL = site.url
    look(site, "", "/", "/u/token", "?a=1")
    assert site.asked == []
    linkcheck.look({f"{site.url}0/": "link"}, now=NOW)
    assert len(verdicts()) == 1


def test_a_public_deployment_never_looks_inside_its_network(site: Site, settings: Any) -> None:
    settings.PUBLIC_URL = "https://sojourn.example"
    look(site, "/")
    assert site.asked == []
    assert LinkCheck.objects.get().detail.startswith("It leads to an address that is not on")


@pytest.mark.parametrize("shown", ["link", "image"])
def test_a_message_with_a_broken_link_waits_until_it_is_mended(shown: str, site: Site) -> None:
    site.pages.pop("/logo.png") if shown == "image" else None
    letters.enqueue(letters.customers(2), mail(site))
    broken = site.at("/logo.png") if shown == "image" else f"{site.at('/sale')}?a=1&b=shoes"
    linkcheck.look({broken: "link"}, now=NOW)
    assert rehearse(now=NOW) == Dispatched(claimed=2, held=2)
    assert letters.statuses() == {"queued:broken_link": 2}
    site.pages |= {"/sale": 200, "/logo.png": 200}
    linkcheck.look_again(now=NOW + QUARTER)
    assert rehearse(now=NOW + QUARTER - dt.timedelta(seconds=1)) == Dispatched()
    assert rehearse(now=NOW + QUARTER).sent == 2


def test_it_expires_like_any_other(site: Site) -> None:
    letters.enqueue(letters.customers(1), mail(site), expires_at=NOW + QUARTER)
    look(site, "/sale?a=1&b=shoes")
    assert rehearse(now=NOW).held == 1
    assert rehearse(now=NOW + QUARTER).expired == 1
    assert letters.statuses() == {"expired:expired": 1}


@pytest.mark.parametrize("mode", ["warn", "off"])
def test_without_the_refusal_nothing_is_held(mode: str, site: Site, settings: Any) -> None:
    letters.enqueue(letters.customers(1), mail(site))
    look(site, "/sale?a=1&b=shoes")
    settings.SOJOURN_LINK_CHECK = mode
    assert rehearse(now=NOW).sent == 1


def test_what_was_published_in_spite_of_its_links_leaves(site: Site) -> None:
    letters.enqueue(letters.customers(1), mail(site) | {linkcheck.PASSED: True})
    look(site, "/sale?a=1&b=shoes")
    assert rehearse(now=NOW).sent == 1


def test_others_links_hold_nothing_back(site: Site) -> None:
    letters.enqueue(letters.customers(1), mail(site))
    look(site, "/sale", "/sale?a=1")
    assert rehearse(now=NOW).sent == 1


def test_a_batch_costs_one_look_into_an_empty_index(site: Site) -> None:
    people = letters.customers(40)
    letters.enqueue(people, mail(site))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert rehearse(now=NOW).sent == 40
    asked = [each["sql"] for each in queries if "channels_linkcheck" in each["sql"]]
    assert asked == [linkchecks.BROKEN]


def test_an_offer_that_is_over_reaches_nobody(site: Site) -> None:
    people = letters.customers(3)
    body = letters.MAIL | {"offer_ends": "entry.until"}
    untils = ("2026-12-01T10:00Z", "2026-12-01T10:01Z", "later")
    for customer, until in zip(people, untils, strict=True):
        letters.enqueue([customer], body, context={"entry": {"until": until}, "context": {}})
    assert rehearse(now=NOW) == Dispatched(claimed=3, sent=2, skipped=1)
    assert letters.statuses() == {"skipped:offer_over": 1, "sent": 2}
    (refused,) = letters.events("message.skipped")
    assert refused[2]["inputs"] == {"offer_ends": "2026-12-01T10:00:00+00:00"}


def test_an_offer_that_ends_while_its_message_waits_is_over(site: Site) -> None:
    letters.enqueue(letters.customers(1), mail(site) | {"offer_ends": "2026-12-01T10:15Z"})
    look(site, "/sale?a=1&b=shoes")
    assert rehearse(now=NOW).held == 1
    site.pages["/sale"] = 200
    look(site, "/sale?a=1&b=shoes")
    assert rehearse(now=NOW + QUARTER).skipped == 1


def test_the_nightly_round_names_who_shows_what_and_forgets_the_rest(site: Site) -> None:
    look(site, "/old", now=NOW - dt.timedelta(days=8))
    urls: dict[str, Kind] = {site.at("/"): "link", site.at("/gone"): "image"}
    uses = [(site.at("/gone"), "cart/mail"), (site.at("/gone"), "hello/mail")]
    assert linkcheck.look_over(urls, uses, now=NOW) == 2
    (found,) = linkchecks.troubled()
    assert (found.kind, found.uses, found.since) == ("image", ["cart/mail", "hello/mail"], NOW)
    assert found.is_of("cart")
    assert not found.is_of("car")
    assert verdicts() == {"": "ok", "gone": "broken"}
    linkcheck.look_over(urls, uses[:1], now=NOW)
    assert linkchecks.troubled()[0].uses == ["cart/mail"]


def test_what_there_was_no_time_for_is_as_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(site, "/gone")
    monkeypatch.setattr(linkcheck, "WITHIN", 0.0)
    look(site, "/gone", "/", now=NOW + QUARTER)
    row = LinkCheck.objects.get()
    assert (row.url, row.verdict, row.checked_at) == (site.at("/gone"), "broken", NOW)


def test_a_worker_that_is_to_stop_begins_no_more(site: Site) -> None:
    look(site, "/gone")
    site.asked.clear()
    assert linkcheck.look_again(now=NOW, stopping=lambda: True) == 0
    urls: dict[str, Kind] = {site.at("/"): "link"}
    assert linkcheck.look_over(urls, [], now=NOW, stopping=lambda: True) == 0
    assert site.asked == []


def test_what_is_broken_is_looked_at_again_by_its_own_task(site: Site) -> None:
    look(site, "/", "/gone")
    site.asked.clear()
    site.pages["/gone"] = 200
    tasks.look_again()
    assert site.asked == ["HEAD /gone"]
    assert verdicts() == {"": "ok", "gone": "ok"}


def test_the_links_that_messages_showed_lately() -> None:
    for number in range(3):
        Link.objects.create(hash=f"h{number}", url=f"https://a.example/{number}")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE channels_link SET first_at = %s", [NOW])
    assert linkchecks.lately(since=NOW, limit=9) == []
    found = linkchecks.lately(since=NOW - QUARTER, limit=2)
    assert [url[-1] for url in found] == ["2", "1"]
