"""One customer on one page: found by anything, told in words, page by page, in both time zones."""

import datetime as dt
import re
from urllib.parse import unquote_plus

import pytest
from django.test import Client
from django.urls import reverse

from channels.models import Message, Suppression
from profiles.core.consent import ConsentChange as Word
from profiles.core.identity import Joining
from profiles.models import Consent, ConsentChange, Customer
from profiles.operations.consent import set_consents
from profiles.operations.ingest import ingest
from profiles.operations.merge import merge
from profiles.queries.zones import zone_of
from tests.admin.shop import CUSTOMERS
from tests.world import World


def _list(client: Client, **query: str) -> set[int]:
    answer = client.get(reverse("admin:profiles_customer_changelist"), query)
    return {customer.pk for customer in answer.context["cl"].result_list}


def _page(client: Client, customer: int, **query: str) -> str:
    return client.get(
        reverse("admin:profiles_customer_change", args=[customer]), query
    ).content.decode()


@pytest.mark.parametrize(
    "term",
    ["customer-004", "user_id:customer-004", "customer-004@example.com", "CUSTOMER-004@EXAMPLE.COM",
     "+12025551004", "+1 (202) 555-1004", "Name4", "name4"],
)  # fmt: skip
def test_a_customer_is_found_by_anything(shop: World, anna: Client, term: str) -> None:
    assert _list(anna, q=term) == {shop.id("customer-004")}


def test_a_customer_is_found_by_the_number_in_our_books(shop: World, anna: Client) -> None:
    number = shop.id("customer-004")
    assert number in _list(anna, q=str(number))


@pytest.mark.parametrize(
    "term", ["nobody", "", "'; --", "%", "user_id:", "99999999999999999999999", "\x00"]
)
def test_odd_terms_are_harmless(shop: World, anna: Client, term: str) -> None:
    found = _list(anna, q=term)
    assert len(found) == (CUSTOMERS if term in ("", "\x00") else 0)


def test_lists_narrow_by_stage_and_segment(shop: World, anna: Client) -> None:
    bought = {shop.id(f"customer-{number:03d}") for number in range(0, CUSTOMERS, 3)}
    assert _list(anna, stage="conversion") == bought
    assert _list(anna, segment="first_time_buyer") == bought
    assert _list(anna, stage="growth") == set()


def test_the_merged_are_left_out_unless_asked_for(shop: World, anna: Client) -> None:
    gone, kept = shop.id("customer-001"), shop.id("customer-000")
    Customer.objects.filter(pk=gone).update(merged_into_id=kept)
    assert gone not in _list(anna)
    assert _list(anna, merged="yes") == {gone}
    assert "This customer was merged into another:" in _page(anna, gone)


def test_the_page_tells_the_story_in_words(shop: World, anna: Client) -> None:
    page = _page(anna, shop.id("customer-003"))
    for sentence in (
        "Bought for 20",
        "Entered the journey abandoned-cart",
        "Moved from Cart holder to First-time buyer",
        "Left the journey abandoned-cart: Order Completed",
        "Came in (abandoned-cart)",
    ):
        assert sentence in page, sentence


def test_the_timeline_pages_through_everything_once(shop: World, anna: Client) -> None:
    number = shop.id("customer-002")
    looks = [shop.call("customer-002", "Product Viewed", product_id=f"p{n}") for n in range(100)]
    ingest(looks, source="test", now=shop.now)
    seen: list[str] = []
    query: dict[str, str] = {}
    for _page_number in range(10):
        answer = anna.get(reverse("admin:profiles_customer_change", args=[number]), query)
        seen += [item["text"] for item in answer.context["timeline"]]
        older = re.search(r'href="\?before=([^"&#]+)#timeline"', answer.content.decode())
        if older is None:
            break
        query = {"before": unquote_plus(older[1])}
    looked = [text for text in seen if text.startswith("Looked at p")]
    assert len(looked) == len(set(looked)) == 100


def test_one_kind_of_entry_can_be_read_alone(shop: World, anna: Client) -> None:
    number = shop.id("customer-003")
    answer = anna.get(
        reverse("admin:profiles_customer_change", args=[number]), {"kind": "lifecycle"}
    )
    kinds = {item["kind"] for item in answer.context["timeline"]}
    assert kinds == {"lifecycle"}


@pytest.mark.parametrize("before", ["x", "2026|log|1|", "2026-01-01T00:00:00+00:00|log|x", "||"])
def test_a_broken_place_in_the_timeline_is_its_beginning(
    shop: World, anna: Client, before: str
) -> None:
    assert "Bought for 20" in _page(anna, shop.id("customer-003"), before=before)


def test_times_stand_in_the_customers_zone_too(shop: World, anna: Client) -> None:
    page = _page(anna, shop.id("customer-001"))
    assert "America/New_York" in page
    assert "times in Europe/Berlin" in page


def test_an_unknown_zone_on_a_profile_does_no_harm(shop: World, anna: Client) -> None:
    Customer.objects.filter(pk=shop.id("customer-001")).update(timezone="Mars/Olympus")
    assert "Mars/Olympus" in _page(anna, shop.id("customer-001"))


def test_an_operator_records_a_consent_with_their_name(shop: World, anna: Client) -> None:
    number = shop.id("customer-001")
    url = reverse("admin:profiles_customer_consent", args=[number])
    answer = anna.post(url, {"channel": "email", "topic": "", "state": "unsubscribed"}, follow=True)
    assert "The consent is recorded." in answer.content.decode()
    consent = Consent.objects.get(customer_id=number, channel="email")
    assert (consent.state, consent.source) == ("unsubscribed", "admin:anna")
    assert ConsentChange.objects.filter(customer_id=number).count() == 1


def test_a_pause_is_shown_with_its_end_and_ended_at_a_press(shop: World, anna: Client) -> None:
    number = shop.id("customer-001")
    until = shop.now + dt.timedelta(days=7)
    pause = Word(customer_id=number, channel="*", state="paused", until=until)
    set_consents([pause], now=shop.now)
    page = anna.get(reverse("admin:profiles_customer_change", args=[number])).content.decode()
    assert "All channels" in page
    assert "paused until" in page
    assert 'value="resumed"' in page
    url = reverse("admin:profiles_customer_consent", args=[number])
    anna.post(url, {"channel": "*", "topic": "", "state": "resumed"})
    assert Consent.objects.get(customer_id=number, channel="*").state == "resumed"
    listed = anna.get(reverse("admin:profiles_consentchange_changelist")).content.decode()
    assert "paused until" in listed
    assert "&lt;time" not in page + listed


@pytest.mark.parametrize(
    "given", [{"channel": "", "state": "subscribed"}, {"channel": "email", "state": "maybe"}]
)
def test_nonsense_is_no_consent(shop: World, anna: Client, given: dict[str, str]) -> None:
    number = shop.id("customer-001")
    anna.post(reverse("admin:profiles_customer_consent", args=[number]), given)
    assert not Consent.objects.filter(customer_id=number).exists()


def test_an_unknown_customer_is_told_so(shop: World, anna: Client) -> None:
    for asked in (str(10**9), "nonsense", "9" * 30):
        answer = anna.get(reverse("admin:profiles_customer_change", args=[asked]))
        assert answer.status_code == 404
        assert f"There is no customer “{asked}”" in answer.content.decode()
        assert reverse("admin:profiles_customer_changelist") in answer.content.decode()


def test_without_the_right_the_page_says_what_is_missing(shop: World, nick: Client) -> None:
    for number in (shop.id("customer-001"), 10**9):
        answer = nick.get(reverse("admin:profiles_customer_change", args=[number]))
        assert answer.status_code == 403
        assert "You may not see customers" in answer.content.decode()
        assert "customer-001" not in answer.content.decode()


def test_the_merged_lead_to_whom_they_are_today(shop: World, anna: Client) -> None:
    first, then, now = (shop.id(f"customer-00{number}") for number in (1, 2, 4))
    Customer.objects.filter(pk=first).update(merged_into_id=then)
    Customer.objects.filter(pk=then).update(merged_into_id=now)
    page = _page(anna, first)
    assert f'href="{reverse("admin:profiles_customer_change", args=[now])}"' in page
    assert "Their history, identifiers and consents are there." in page


def test_identifiers_tell_from_which_merge_they_came(shop: World, anna: Client) -> None:
    kept, gone = shop.id("customer-006"), shop.id("customer-007")
    merge([Joining(survivor=kept, merged=gone, cause="alias")], now=shop.now)
    context = anna.get(reverse("admin:profiles_customer_change", args=[kept])).context
    came = {value: joined.merged for _, value, _, joined in context["identifiers"] if joined}
    assert came["customer-007"] == gone
    assert "customer-006" not in came
    ((joined, told),) = context["merges"]
    assert (joined.merged, joined.cause, "events" in told) == (gone, "alias", True)
    assert f"came with customer {gone}" in _page(anna, kept)
    assert "They went to the kept customer." in _page(anna, gone)


def _further(client: Client, customer: int) -> dict[str, str]:
    answer = client.get(reverse("admin:profiles_customer_change", args=[customer]))
    return {fact.label: " ".join(fact.values) for fact in answer.context["further"]}


def test_the_head_says_who_can_be_reached_and_why_not(shop: World, anna: Client) -> None:
    reached = _further(anna, shop.id("customer-005"))["Can be reached"]
    for text in ("E-mail: unsubscribed", ">SMS<", "Push: no address"):
        assert text in reached, text
    number = shop.id("customer-001")
    until = shop.now + dt.timedelta(days=7)
    set_consents([Word(customer_id=number, channel="*", state="paused", until=until)], now=shop.now)
    assert "SMS: paused" in _further(anna, number)["Can be reached"]
    address = "customer-004@example.com"
    Suppression.objects.create(
        channel="email", address=address, reason="bounced", source="test", at=shop.now
    )
    assert "E-mail: suppressed" in _further(anna, shop.id("customer-004"))["Can be reached"]


def test_the_head_says_by_what_and_when_they_look(shop: World, anna: Client) -> None:
    assert _further(anna, shop.id("customer-002"))["Preferred channel and hour"] == "not known yet"
    sent = Message.objects.filter(sent_at__isnull=False).earliest("id")
    Message.objects.filter(pk=sent.pk).update(opened_at=sent.sent_at)
    zone = zone_of(Customer.objects.get(pk=sent.customer_id).timezone)
    hour = sent.sent_at.astimezone(zone).hour
    told = _further(anna, sent.customer_id)["Preferred channel and hour"]
    assert told == f"E-mail, {hour:02}:00–{(hour + 1) % 24:02}:00"


def test_a_message_in_the_timeline_says_what_became_of_it(shop: World, anna: Client) -> None:
    sent = Message.objects.filter(sent_at__isnull=False).earliest("id")
    Message.objects.filter(pk=sent.pk).update(opened_at=sent.sent_at)
    url = reverse("admin:profiles_customer_change", args=[sent.customer_id])
    lines = anna.get(url, {"event": "message.sent"}).context["timeline"]
    line = next(each for each in lines if each["detail"]["message"] == str(sent.uid))
    assert "opened" in " ".join(line["marks"])
    assert ("Message", reverse("admin:channels_message_change", args=[sent.pk])) in line["links"]


def test_each_decision_leads_to_why(shop: World, vera: Client) -> None:
    url = reverse("admin:profiles_customer_change", args=[shop.id("customer-003")])
    lines = vera.get(url, {"kind": "decision"}).context["timeline"]
    links = [address for line in lines for label, address in line["links"] if label == "Why?"]
    assert len(links) == len(lines) > 2
    answer = vera.get(links[-1])
    assert [line["text"] for line in answer.context["decisions"]][:1] == ["Came in"]


def test_events_are_found_by_a_part_of_their_name(shop: World, anna: Client) -> None:
    number = shop.id("customer-003")
    url = reverse("admin:profiles_customer_change", args=[number])
    answer = anna.get(url, {"event": "order c"})
    assert {line["name"] for line in answer.context["timeline"]} == {"Order Completed"}
    assert "Order Completed" in answer.context["event_names"]
    nothing = anna.get(url, {"event": "<b>"}).content.decode()
    assert "Nothing of this kind or name." in nothing
    assert "<b>" not in nothing
