"""Changing a journey while customers are in it: the dialog shows the plan and asks."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from journeys.models import Journey
from journeys.operations import draft
from tests.admin.conftest import begun, empty
from tests.world import World

WAITING = """
journey: waiting
enter: {on: [{event: Signed Up}]}
steps:
  - id: pause
    wait: 2d
  - id: hello
    send: {channel: sms, text: Hello}
"""
HASTY = WAITING.replace("  - id: pause\n    wait: 2d\n", "")


@pytest.fixture
def world(transactional_db: None, workspace: None) -> Iterator[World]:
    """An empty workspace, for customers who do things."""
    empty()
    yield begun()
    empty()


def _url(name: str) -> str:
    return reverse(f"admin:journeys_journey_{name}", args=["waiting"])


def _text(client: Client, name: str, **query: str) -> str:
    return client.get(_url(name), query).content.decode()


def _post(client: Client, name: str, **body: str) -> str:
    return client.post(_url(name), body, follow=True).content.decode()


def _inhabit(world: World, draft_text: str) -> None:
    """Two customers wait in the live version, and the draft is another one."""
    world.journey(WAITING)
    world.meet("alice", "bob")
    world.together(*(world.call(name, "Signed Up") for name in ("alice", "bob")))
    draft.save("waiting", draft_text, revision=1, by="anna", now=world.now)


def test_the_publish_dialog_says_who_goes_where_and_asks(world: World, anna: Client) -> None:
    _inhabit(world, HASTY)
    page = _text(anna, "change")
    assert "Yes, move 2 customers as the table says." in page
    assert 'name="move:pause"' in page
    refused = anna.post(_url("publish"), follow=True).content.decode()
    assert "2 customers would lose their place" in refused
    chosen = {"confirm": "1", "move:pause": "leave"}
    assert "Version 2 is live." in _post(anna, "publish", **chosen)
    assert world.walk("alice", "waiting").left_reason == "moved_out"


def test_nothing_is_asked_where_everybody_keeps_the_place(world: World, anna: Client) -> None:
    _inhabit(world, WAITING.replace("2d", "1d"))
    page = _text(anna, "change")
    assert "2 customers inside come along, and keep their places where" in page
    assert 'name="confirm"' not in page
    assert "Version 2 is live." in _post(anna, "publish")
    assert world.walk("bob", "waiting").version.number == 2


def test_an_old_version_is_restored_as_the_draft(world: World, anna: Client) -> None:
    _inhabit(world, WAITING.replace("2d", "1d"))
    anna.post(_url("publish"))
    assert "Restore as draft" in _text(anna, "versions", version="1")
    page = _post(anna, "restore", version="1", revision="1")
    assert "Somebody saved revision 2 meanwhile" in page
    page = _post(anna, "restore", version="1", revision="2")
    assert "Version 1 is the draft again." in page
    assert Journey.objects.get(slug="waiting").source == WAITING


def test_resuming_may_let_those_leave_who_are_overdue(world: World, anna: Client) -> None:
    _inhabit(world, WAITING)
    anna.post(_url("pause"), {"clock": "run"})
    world.passes("3d")
    assert 'name="overdue"' in _text(anna, "change")
    assert "The journey goes on." in _post(anna, "resume", overdue="leave")
    assert world.walk("bob", "waiting").left_reason == "overdue_while_paused"
