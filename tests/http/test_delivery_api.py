"""Publishing over the API: refused for what customers would find broken, or done with a reason."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from channels.models import Account, LinkCheck
from channels.operations import linkcheck
from channels.queries import linkchecks
from journeys.operations import publish as operation
from journeys.operations.refused import Refused
from profiles.models import Customer
from profiles.queries import clock
from tests.database import letters
from tests.emulators.site import Site
from tests.http.test_journeys_api import Call, call, key, people

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["call", "key"]


@pytest.fixture(autouse=True)
def workspace(transactional_db: None, settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_GLOBAL_CONTROL = 0
    letters.account("smtp", "email", host="localhost")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/sale": 200, "/logo.png": 200}) as emulator:
        yield emulator


def sale(site: Site, **send: Any) -> dict[str, Any]:
    html = f'<a href="{site.at("/sale")}">Go</a><img src="{site.at("/logo.png")}">'
    mail = {"channel": "email", "subject": "Sale, {{ customer.name }}", "html": html, **send}
    return {
        "journey": "sale", "enter": {"on": {"event": "Signed Up"}, "holdout": 10},
        "goal": {"event": "Order Completed"}, "steps": [{"id": "mail", "send": mail}],
    }  # fmt: skip


def save(call: Call, document: dict[str, Any], revision: int | None = None) -> None:
    call("PUT", "/journeys/sale", {"revision": revision, "document": document})


def publish(call: Call, status: int = 200, **body: Any) -> Any:
    return call("POST", "/journeys/sale/publish", body, status=status)


def test_what_is_whole_is_published_and_what_was_looked_at_is_said(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann", "ben")
    save(call, sale(site))
    found = publish(call)
    assert (found["version"], found["versions"][0]["override"]) == (1, "")
    assert found["delivery"] == {
        "customers": 2,
        "links": {"addresses": 2, "looked_at": 2, "broken": 0, "unknown": 0, "why_not": None},
    }
    assert sorted(site.asked) == ["HEAD /logo.png", "HEAD /sale"]
    assert [row.uses for row in LinkCheck.objects.all()] == [["sale/mail"], ["sale/mail"]]


def test_a_broken_link_refuses_and_names_the_step(call: Call, client: Client, site: Site) -> None:
    people(client, "ann")
    site.pages = {"/logo.png": 503}
    save(call, sale(site))
    refused = publish(call, status=409)
    assert refused["code"] == "undeliverable"
    assert "override" in refused["message"]
    assert {(each["path"], each["code"]) for each in refused["problems"]} == {
        ("steps[mail].send", "broken_link"), ("steps[mail].send", "broken_image"),
    }  # fmt: skip
    assert any("HTTP 404" in each["message"] for each in refused["problems"])
    assert refused["delivery"]["links"]["broken"] == 2
    assert call("GET", "/journeys/sale")["state"] == "draft"
    planned = call("POST", "/journeys/sale/plan")
    codes = {each["code"]: each["severity"] for each in planned["problems"]}
    assert codes == {"broken_link": "error", "broken_image": "error"}
    assert linkchecks.troubled() == []
    site.pages = {"/sale": 200, "/logo.png": 200}
    assert publish(call)["version"] == 1


def test_links_are_looked_at_though_nobody_is_there_yet(call: Call, site: Site) -> None:
    site.pages = {"/logo.png": 200}
    save(call, sale(site))
    (problem,) = publish(call, status=409)["problems"]
    assert (problem["path"], problem["code"]) == ("steps[mail].send", "broken_link")


def test_a_reason_overrides_and_stays_with_the_version(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann")
    site.pages = {}
    save(call, sale(site))
    publish(call, status=409, override="  ")
    found = publish(call, override="The page opens at noon.", note="sale")
    (version,) = found["versions"]
    assert (version["override"], version["note"]) == ("The page opens at noon.", "sale")
    assert [each.uses for each in linkchecks.troubled()] == [["sale/mail"], ["sale/mail"]]


def test_a_reason_that_overrides_nothing_is_not_kept(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann")
    save(call, sale(site))
    assert publish(call, override="just in case")["versions"][0]["override"] == ""


def test_a_text_that_fails_for_somebody_refuses(call: Call, client: Client, site: Site) -> None:
    people(client, "ann", "ben")
    save(call, sale(site, subject="{{ 1 / (customer.visits|default(0)) }}"))
    (problem,) = publish(call, status=409)["problems"]
    assert (problem["path"], problem["code"]) == ("steps[mail].send", "render_error")
    assert "subject, line 1: division by zero, for 2 of 2" in problem["message"]
    assert publish(call, override="They all visit soon.")["version"] == 1


def test_what_nobody_has_done_yet_is_only_a_warning(call: Call, client: Client, site: Site) -> None:
    people(client, "ann")
    save(call, sale(site, subject="{{ 100 / entry.visits|default(0) }}"))
    (problem,) = call("POST", "/journeys/sale/plan")["problems"]
    assert (problem["code"], problem["severity"]) == ("render_error", "warning")
    assert publish(call)["version"] == 1


def test_a_link_that_leads_nowhere_is_a_warning(call: Call, client: Client, site: Site) -> None:
    people(client, "ann")
    save(call, sale(site, html='<a href="{{ customer.page }}">Go</a>'))
    (problem,) = call("POST", "/journeys/sale/plan")["problems"]
    assert (problem["code"], problem["severity"]) == ("leads_nowhere", "warning")


def test_an_offer_that_is_over_refuses_and_one_that_ends_warns(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann")
    save(call, sale(site, offer_ends="2020-01-01T00:00Z"))
    (problem,) = publish(call, status=409)["problems"]
    assert (problem["path"], problem["code"]) == ("steps[mail].send.offer_ends", "offer_over")
    save(call, sale(site, offer_ends="2099-01-01T00:00Z"), revision=1)
    (warning,) = call("POST", "/journeys/sale/plan")["problems"]
    assert (warning["code"], warning["severity"]) == ("offer_ends_first", "warning")
    assert publish(call)["version"] == 1


def problems(call: Call) -> list[tuple[str, str, str]]:
    planned = call("POST", "/journeys/sale/plan")["problems"]
    assert all(each["severity"] == "warning" for each in planned)
    return [(each["path"], each["code"], each["message"]) for each in planned]


def test_whom_nothing_reaches_is_a_warning_with_the_reasons(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann", "ben")
    save(call, sale(site, channel="sms", text="Sale"))
    mail = "steps[mail].send"
    assert problems(call) == [
        (mail, "unreachable_audience",
         "sms: none of 2 customers would be reached (no address: 2)."),
    ]  # fmt: skip
    save(call, sale(site, channel=["sms", "email"], text="Sale"), revision=1)
    assert problems(call) == []
    Account.objects.all().delete()
    assert [each[2] for each in problems(call)] == [
        "sms, email: none of 2 customers would be reached"
        " (no provider account for this channel: 2)."
    ]
    assert publish(call)["version"] == 1


def test_who_has_not_agreed_is_a_warning_where_it_is_half_of_them(
    call: Call, client: Client, site: Site, settings: Any
) -> None:
    settings.SOJOURN_CONSENT = "opt_in"
    people(client, "ann", "ben", "cid", "dan")
    save(call, sale(site))
    ids = list(Customer.objects.order_by("id").values_list("id", flat=True))
    assert [each[1:] for each in problems(call)] == [
        ("unreachable_audience", "email: none of 4 customers would be reached (no consent: 4)."),
    ]
    for number in (0, 1):
        letters.consent(ids[number], "subscribed")
    assert [each[:2] for each in problems(call)] == [("steps[mail].send", "missing_consent")]
    assert "email: 2 of 4 customers have not agreed to it" in problems(call)[0][2]
    letters.consent(ids[2], "subscribed")
    assert problems(call) == []


def test_an_audience_that_lets_nobody_in_is_a_warning(
    call: Call, client: Client, site: Site
) -> None:
    document = sale(site)
    document["enter"]["if"] = {"attribute": "email", "eq": "nobody@example.com"}
    save(call, document)
    assert problems(call) == []
    people(client, "ann")
    assert problems(call) == [
        ("enter.if", "empty_audience",
         "Nobody fulfils this now: see whether its names and values are right."),
    ]  # fmt: skip
    document["enter"]["if"] = {"event": "Viewed", "where": {"sku": {"is": "entry.sku"}}}
    save(call, document, revision=1)
    assert problems(call) == []


def test_in_the_sandbox_nothing_is_fetched_and_it_is_said(
    call: Call, client: Client, site: Site, settings: Any
) -> None:
    settings.SOJOURN_SANDBOX = True
    people(client, "ann")
    site.pages = {}
    save(call, sale(site))
    found = publish(call)
    assert (found["version"], found["delivery"]["links"]["why_not"]) == (1, "sandbox")
    assert (found["delivery"]["links"]["addresses"], site.asked) == (2, [])


@pytest.mark.parametrize(("mode", "codes"), [("warn", {"warning"}), ("off", set())])
def test_the_setting_makes_broken_links_a_warning_or_nothing(
    mode: str, codes: set[str], call: Call, client: Client, site: Site, settings: Any
) -> None:
    settings.SOJOURN_LINK_CHECK = mode
    people(client, "ann")
    site.pages = {}
    save(call, sale(site))
    planned = call("POST", "/journeys/sale/plan")
    assert {each["severity"] for each in planned["problems"]} == codes
    assert publish(call)["delivery"]["links"]["why_not"] == ("off" if mode == "off" else None)


def test_a_draft_that_was_saved_meanwhile_is_not_published(call: Call, site: Site) -> None:
    """Looking takes seconds: what is published is what was looked at."""
    save(call, sale(site))
    save(call, sale(site, subject="Other"), revision=1)
    with pytest.raises(Refused, match="revision 2"):
        operation.publish("sale", by="test", note="", now=clock.now(), revision=1)
    assert call("GET", "/journeys/sale")["version"] is None


def test_a_link_that_breaks_later_holds_messages_until_it_is_mended(
    call: Call, client: Client, site: Site
) -> None:
    people(client, "ann")
    save(call, sale(site))
    publish(call)
    site.pages.pop("/sale")
    linkcheck.look({site.at("/sale"): "link"}, now=clock.now())
    (found,) = linkchecks.troubled()
    assert (found.url, found.is_of("sale")) == (site.at("/sale"), True)
    site.pages["/sale"] = 200
    linkcheck.look_again(now=clock.now())
    assert linkchecks.troubled() == []


def test_the_proof_over_the_api(call: Call, client: Client, site: Site) -> None:
    people(client, "ann", "ben")
    save(call, sale(site))
    found = call("POST", "/journeys/sale/proof", {"sample": 1})
    assert (found["customers"], found["revision"], site.asked) == (1, 1, [])
    (page,) = found["steps"]
    assert (page["step"], page["channel"], page["rendered"]) == ("mail", "email", 1)
    assert page["empty"][0]["path"] == "customer.name"
    assert call("POST", "/journeys/sale/proof")["customers"] == 2
    call("POST", "/journeys/sale/proof", {"live": True}, status=404)
    call("POST", "/journeys/sale/proof", {"sample": 20_001}, status=422)
    call("POST", "/journeys/none/proof", status=404)
