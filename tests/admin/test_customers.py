"""One customer on one page: found by anything, told in words, page by page, in both time zones."""

import re
from urllib.parse import unquote_plus

import pytest
from django.test import Client
from django.urls import reverse

from profiles.models import Consent, ConsentChange, Customer
from profiles.operations.ingest import ingest
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
        older = re.search(r'href="\?before=([^"&]+)"', answer.content.decode())
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


@pytest.mark.parametrize(
    "given", [{"channel": "", "state": "subscribed"}, {"channel": "email", "state": "maybe"}]
)
def test_nonsense_is_no_consent(shop: World, anna: Client, given: dict[str, str]) -> None:
    number = shop.id("customer-001")
    anna.post(reverse("admin:profiles_customer_consent", args=[number]), given)
    assert not Consent.objects.filter(customer_id=number).exists()


def test_an_unknown_customer_is_not_found(shop: World, anna: Client) -> None:
    assert anna.get(reverse("admin:profiles_customer_change", args=[10**9])).status_code in (
        302,
        404,
    )
