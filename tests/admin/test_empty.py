"""A workspace before anything happened in it."""

import pytest
from django.test import Client
from django.urls import reverse

from journeys.operations import draft
from tests.admin.pages import lists
from tests.world import World

PLAIN = """
journey: plain
enter: {on: [{event: Signed Up}]}
steps:
  - {id: hello, send: {channel: email, subject: Hello, text: Hello}}
"""


def test_an_empty_workspace_says_what_to_do_first(world: World, anna: Client) -> None:
    page = anna.get(reverse("admin:index")).content.decode()
    assert "Three steps to the first message" in page
    for name in ("profiles_apikey_changelist", "channels_account_add", "journeys_journey_add"):
        assert reverse(f"admin:{name}") in page


def test_every_list_opens_empty(world: World, anna: Client) -> None:
    for url in lists():
        assert anna.get(url).status_code == 200


def test_the_sandbox_opens_empty(world: World, anna: Client) -> None:
    page = anna.get(reverse("admin:sandbox")).content.decode()
    assert "Nothing was sent yet." in page


def test_where_all_is_well_it_is_said_calmly(world: World, anna: Client) -> None:
    told = "Nothing needs attention"
    assert told not in anna.get(reverse("admin:index")).content.decode()
    world.meet("alice")
    page = anna.get(reverse("admin:index"))
    assert page.context["attention"] == []
    assert told in page.content.decode()


@pytest.mark.parametrize("name", ["value", "stages", "retention"])
def test_a_report_says_what_it_needs(world: World, anna: Client, name: str) -> None:
    page = anna.get(reverse(f"admin:report_{name}"))
    assert page.status_code == 200
    for chart in page.context["charts"]:
        assert chart.rows == []
        assert chart.empty in page.content.decode()


def test_the_report_of_a_draft_says_what_it_needs(world: World, anna: Client) -> None:
    draft.save("plain", PLAIN, revision=None, by="test", now=world.now)
    page = anna.get(reverse("admin:journeys_journey_report", args=["plain"]))
    assert page.status_code == 200
    for chart in [*page.context["charts"], page.context["arms"]]:
        assert chart.rows == []
        assert chart.empty in page.content.decode()
