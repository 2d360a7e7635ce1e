"""Publishing takes two, where the workspace says so."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from config.roles import sync
from journeys.models import Journey, PublishRequest
from journeys.operations import draft, four_eyes
from journeys.operations.publish import publish
from journeys.operations.refused import Refused
from profiles.operations.access import create_key
from profiles.queries import api_keys
from tests.admin.people import member
from tests.world import World

pytestmark = pytest.mark.django_db
NEWS = """
journey: news
enter: {on: [{event: Cart Updated}], again: always}
goal: {event: Order Completed, within: 7d}
steps:
  - id: hello
    wait: 1h
"""


@pytest.fixture
def world(settings: Any) -> World:
    settings.SOJOURN_FOUR_EYES = settings.SOJOURN_SANDBOX = True
    world = World()
    draft.save("news", NEWS, revision=None, by="ann", now=world.now)
    return world


def _journey() -> Journey:
    return Journey.objects.get(slug="news")


def _ask(world: World, by: str = "ann") -> PublishRequest:
    return four_eyes.ask(_journey(), revision=None, by=by, note="spring", now=world.now)


def _publish(world: World, by: str) -> int:
    return publish("news", by=by, note="", now=world.now).number


def test_nobody_publishes_what_nobody_asked_for(world: World) -> None:
    with pytest.raises(Refused, match="takes two"):
        _publish(world, "bob")
    assert _journey().state == "draft"


def test_nobody_says_yes_to_themself(world: World) -> None:
    _ask(world)
    with pytest.raises(Refused, match="yourself"):
        _publish(world, "ann")


def test_somebody_else_publishes_what_was_asked_for(world: World) -> None:
    asked = _ask(world)
    _publish(world, "bob")
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("approved", "bob")
    assert _journey().live_version.note == "spring"


def test_a_draft_changed_since_has_to_be_asked_for_again(world: World) -> None:
    _ask(world)
    draft.save("news", NEWS.replace("1h", "2h"), revision=1, by="ann", now=world.now)
    with pytest.raises(Refused, match="takes two"):
        _publish(world, "bob")
    _ask(world)
    assert _publish(world, "bob") == 1


def test_one_revision_cannot_be_asked_for_under_the_name_of_another(world: World) -> None:
    with pytest.raises(Refused, match="meanwhile"):
        four_eyes.ask(_journey(), revision=9, by="ann", note="", now=world.now)


def test_who_declines_says_why(world: World) -> None:
    asked = _ask(world)
    with pytest.raises(Refused, match="Say why"):
        four_eyes.decline(_journey(), by="bob", reason=" ", now=world.now)
    four_eyes.decline(_journey(), by="bob", reason="too loud", now=world.now)
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("declined", "too loud")
    with pytest.raises(Refused, match="takes two"):
        _publish(world, "bob")


def test_a_stopped_journey_starts_again_with_four_eyes_too(world: World) -> None:
    _ask(world)
    _publish(world, "bob")
    Journey.objects.update(state="stopped")
    with pytest.raises(Refused, match="takes two"):
        _publish(world, "bob")


def test_one_pair_is_enough_by_default(world: World, settings: Any) -> None:
    settings.SOJOURN_FOUR_EYES = False
    assert _publish(world, "ann") == 1


def test_the_api_obeys_too(world: World) -> None:
    api_keys.forget()
    key = create_key(name="deploy", kind="api", scopes=["publish"], now=world.now)
    bearer = {"Authorization": f"Bearer {key}"}
    answer = Client().post(
        "/api/v1/journeys/news/publish", {}, content_type="application/json", headers=bearer
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "four_eyes")


def test_applying_files_obeys_too_and_then_changes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "news.yaml"
    file.write_text(NEWS.replace("1h", "3h"), encoding="utf-8")
    with pytest.raises(CommandError, match="takes two"):
        call_command("journeys", "apply", str(file), "--overwrite")
    assert (_journey().state, _journey().revision) == ("draft", 1)


def test_asking_and_approving_on_the_journeys_page(world: World) -> None:
    sync()
    ann, bob = member("ann", "author"), member("bob", "approver")
    url = "/admin/journeys/journey/news"
    assert ann.post(f"{url}/publish/").status_code == 403
    ann.post(f"{url}/ask/", {"revision": 1, "note": "spring"})
    page = bob.get(f"{url}/change/").content.decode()
    assert "asked" in page
    assert 'data-dialog="decline"' in page
    assert 'data-dialog="publish"' in page
    assert 'data-dialog="publish"' not in ann.get(f"{url}/change/").content.decode()
    bob.post(f"{url}/publish/")
    assert _journey().state == "live"


def test_the_canvas_answers_with_one_sentence(world: World) -> None:
    sync()
    ann = member("ann", "author")
    answer = ann.post(
        "/admin/journeys/journey/news/canvas/release/", {"revision": 1},
        content_type="application/json",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
