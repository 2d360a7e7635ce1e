"""Segments in the admin: made, read in words, changed, needed, removed."""

import pytest
from django.test import Client
from django.urls import reverse

from profiles.models import Segment
from tests.world import World

BUYERS = "{event: Order Completed, count: {gte: 1}}"
ADD = "admin:profiles_segment_add"


@pytest.fixture
def buyers(shop: World) -> Segment:
    return Segment.objects.get(slug="buyers")


def page(client: Client, segment: Segment) -> str:
    return client.get(reverse("admin:profiles_segment_change", args=[segment.pk])).content.decode()


def test_a_segment_is_made_and_filled(shop: World, anna: Client) -> None:
    given = {"name": "first", "title": "First buyers", "source": BUYERS}
    answer = anna.post(reverse(ADD), given)
    made = Segment.objects.get(slug="first")
    assert answer["Location"] == reverse("admin:profiles_segment_change", args=[made.pk])
    assert made.condition == {"event": "Order Completed", "count": {"gte": 1}}
    shop.settle()
    row = anna.get(reverse("admin:profiles_segment_changelist") + "?q=first").content.decode()
    assert "First buyers" in row
    assert "did “Order Completed”" in row
    assert made.memberships.filter(member=True).count() == 6


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": "Bad Name", "source": BUYERS}, "small letters"),
        ({"name": "x", "source": "{evnt: A}"}, "no kind of condition"),
        ({"name": "x", "source": "{event: A"}, "Line"),
        ({"name": "x", "source": ""}, "Write a condition such as"),
        ({"name": "buyers", "source": BUYERS}, "saved revision 1 meanwhile"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    shop: World, anna: Client, given: dict[str, str], words: str
) -> None:
    before = Segment.objects.count()
    answer = anna.post(reverse(ADD), {"title": "Kept title", **given})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert words in text
    assert "Kept title" in text
    assert Segment.objects.count() == before


def test_a_change_is_saved_over_the_revision_that_was_read(buyers: Segment, anna: Client) -> None:
    save = reverse("admin:profiles_segment_save", args=[buyers.pk])
    given = {"title": "All", "source": "{all: []}", "revision": "1"}
    assert anna.post(save, given).status_code == 302
    answer = anna.post(save, {**given, "title": "Mine"})
    assert "saved revision 2 meanwhile" in answer.content.decode()
    assert "Mine" in answer.content.decode()
    assert Segment.objects.get(pk=buyers.pk).title == "All"


def test_what_was_typed_is_shown_as_it_was_typed(shop: World, anna: Client) -> None:
    typed = "# ours\n{count: {gte: 3}, event: Order Completed}"
    anna.post(reverse(ADD), {"name": "typed", "source": typed})
    made = Segment.objects.get(slug="typed")
    assert f">{typed}</textarea>" in page(anna, made)
    Segment.objects.filter(pk=made.pk).update(source="")
    assert ">event: Order Completed\ncount:\n  gte: 3" in page(anna, made)


def test_the_page_says_who_belongs_and_what_each_rule_leaves_out(
    buyers: Segment, shop: World, anna: Client
) -> None:
    text = page(anna, buyers)
    assert "Did “Order Completed” and firstName is not “&lt;b&gt;”." in text
    assert "Buyers &amp; friends" in text
    shown = anna.get(reverse("admin:profiles_segment_change", args=[buyers.pk])).context
    assert shown["audience"]["count"] == 6
    assert [rule["count"] for rule in shown["audience"]["rules"]] == [10, 0]
    inside = anna.get(reverse("admin:profiles_customer_changelist") + "?member=buyers")
    assert inside.context["cl"].result_count == 6


def test_what_is_needed_is_not_removed(buyers: Segment, shop: World, anna: Client) -> None:
    shop.journey("{journey: thanks , enter: {on: {segment: buyers}}, steps: [{id: a, wait: 1d}]}")
    remove = reverse("admin:profiles_segment_remove", args=[buyers.pk])
    answer = anna.post(remove, follow=True).content.decode()
    assert "needed by thanks" in answer
    assert reverse("admin:journeys_journey_change", args=["thanks"]) in page(anna, buyers)
    anna.post(reverse(ADD), {"name": "again", "source": "{segment: buyers}"})
    again = reverse("admin:profiles_segment_change", args=[Segment.objects.get(slug="again").pk])
    assert again in page(anna, buyers)


def test_rules_are_told_in_the_readers_language(buyers: Segment, anna: Client) -> None:
    address = reverse("admin:profiles_segment_change", args=[buyers.pk])
    russian = anna.get(address, headers={"accept-language": "ru"}).context["audience"]["rules"]
    english = anna.get(address, headers={"accept-language": "en"}).context["audience"]["rules"]
    assert "событие «Order Completed» было" in [rule["words"] for rule in russian]
    assert "did “Order Completed”" in [rule["words"] for rule in english]


def test_who_may_not_change_finds_nothing_to_change(buyers: Segment, vera: Client) -> None:
    text = page(vera, buyers)
    assert "readonly" in text
    assert ">Save<" not in text
    for name in ("save", "remove"):
        url = reverse(f"admin:profiles_segment_{name}", args=[buyers.pk])
        assert vera.post(url).status_code == 403
    assert vera.get(reverse(ADD)).status_code == 403


def test_the_customers_page_names_the_segments(buyers: Segment, shop: World, anna: Client) -> None:
    url = reverse("admin:profiles_customer_change", args=[shop.id("customer-000")])
    assert "Buyers &amp; friends" in anna.get(url).content.decode()
