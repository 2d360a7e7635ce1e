"""A workspace before anything happened in it."""

from django.test import Client
from django.urls import reverse

from tests.admin.pages import lists
from tests.world import World


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
