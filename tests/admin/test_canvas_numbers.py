"""The figures of the canvas, each as its list counts it."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.world import World


def _url(name: str) -> str:
    return reverse(f"admin:journeys_journey_canvas_{name}", args=["abandoned-cart"])


def test_numbers_count_what_their_lists_show(shop: World, anna: Client) -> None:
    found = anna.get(_url("numbers")).json()
    pause = found["steps"]["pause"]["entered"]
    ways = {(each["from"], each["to"]): each for each in found["ways"]}
    assert pause[0] == ways["", "pause"]["customers"] == ways["pause", "test"]["customers"] > 0
    arms = [ways["test", name]["customers"] for name in ("mail_a", "mail_b")]
    assert sum(arms) == pause[0]
    for way in found["ways"]:
        rows = anna.get(way["url"]).context["cl"].result_count
        assert rows == way["customers"], way


def test_numbers_that_have_not_changed_are_not_sent_again(shop: World, anna: Client) -> None:
    first = anna.get(_url("numbers"))
    again = anna.get(_url("numbers"), headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_way_that_is_none_narrows_nothing(shop: World, anna: Client) -> None:
    walks = reverse("admin:journeys_enrollment_changelist")
    for way in ("nonsense", "~", "a~b'--"):
        answer = anna.get(walks, {"journey": "abandoned-cart", "way": way})
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"version": "9"}, 404),
        ({"version": "x"}, 404),
        ({"since": "yesterday"}, 422),
        ({"until": "9999-12-31"}, 422),
        ({"since": "2026-02-02", "until": "2026-02-01"}, 422),
    ],
)
def test_what_cannot_be_counted_is_said(
    shop: World, anna: Client, asked: dict[str, str], status: int
) -> None:
    answer = anna.get(_url("numbers"), asked)
    assert answer.status_code == status
    assert answer.json()["message"]


def test_arms_come_with_their_conversion_lift_and_interval(shop: World, anna: Client) -> None:
    found = anna.get(_url("numbers")).json()["experiments"]["test"]
    told = {each["id"]: each for each in shop.report("abandoned-cart")["experiments"]}["test"]
    for shown, arm in zip(found["arms"], told["arms"], strict=True):
        assert {key: shown[key] for key in arm} == arm
    assert found["verdict"]
