"""Two versions side by side on the canvas, and an older one as the draft."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from journeys.models import Journey, Version
from journeys.operations import draft
from tests.admin.shop import CART
from tests.world import World

SLOW = CART.replace("wait: 1h", "wait: 3h")


def _url(name: str) -> str:
    return reverse(f"admin:journeys_journey_canvas_{name}", args=["abandoned-cart"])


def _restore(client: Client, version: Any, revision: Any) -> Any:
    body = json.dumps({"version": version, "revision": revision})
    return client.post(_url("versions"), body, content_type="application/json")


@pytest.fixture
def journey(world: World) -> Journey:
    """Version 1, and a slower draft."""
    world.journey(CART)
    return draft.save("abandoned-cart", SLOW, revision=1, by="ben", now=world.now)


def test_versions_are_listed_with_who_and_when(journey: Journey, anna: Client) -> None:
    (found,) = anna.get(_url("versions")).json()["items"]
    assert (found["number"], found["live"]) == (1, True)
    assert found["published"]


def test_a_version_beside_the_draft_tells_what_differs(journey: Journey, anna: Client) -> None:
    found = anna.get(_url("versions"), {"old": "1", "new": "draft"}).json()
    assert {each["id"] for each in found["steps"] if each["change"] != "same"} == {"pause"}
    assert found["fields"] == [{"step": "pause", "path": "wait", "before": "1h", "after": "3h"}]
    assert (found["old"], found["new"]) == (CART, SLOW)
    back = anna.get(_url("versions"), {"old": "draft", "new": "1"}).json()
    assert back["fields"] == [{"step": "pause", "path": "wait", "before": "3h", "after": "1h"}]


@pytest.mark.parametrize(("old", "new"), [("7", "draft"), ("1", "x"), ("1", ""), ("-1", "1")])
def test_a_version_that_is_none_is_said(journey: Journey, anna: Client, old: str, new: str) -> None:
    answer = anna.get(_url("versions"), {"old": old, "new": new})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_older_version_becomes_the_draft_as_it_was_typed(journey: Journey, anna: Client) -> None:
    answer = _restore(anna, 1, 2)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["document"], found["revision"], found["differs"]) == (CART, 3, False)
    assert Journey.objects.get().source == CART
    assert Version.objects.count() == 1
    assert LogEntry.objects.filter(change_message="restored version 1").count() == 1


def test_whoever_is_overtaken_restores_nothing_and_sees_what_was_saved(
    journey: Journey, anna: Client
) -> None:
    answer = _restore(anna, 1, 1)
    assert answer.status_code == 409
    assert answer.json()["document"] == SLOW
    assert Journey.objects.get().source == SLOW


@pytest.mark.parametrize(("version", "status"), [(9, 404), ("1", 400), (None, 400)])
def test_what_cannot_be_restored_is_refused(
    journey: Journey, anna: Client, version: Any, status: int
) -> None:
    assert _restore(anna, version, 2).status_code == status
    assert Journey.objects.get().source == SLOW


def test_who_may_only_look_compares_and_restores_nothing(
    journey: Journey, vera: Client, nick: Client
) -> None:
    assert vera.get(_url("versions"), {"old": "1", "new": "draft"}).status_code == 200
    assert _restore(vera, 1, 2).status_code == 403
    assert nick.get(_url("versions")).status_code == 403
    assert Journey.objects.get().source == SLOW


def test_a_draft_that_cannot_be_read_is_no_error(journey: Journey, anna: Client) -> None:
    Journey.objects.update(source="a: [")
    answer = anna.get(_url("versions"), {"old": "1", "new": "draft"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
