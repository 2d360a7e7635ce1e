"""What the canvas asks the server for: drafts, checks, plans, figures; and who may ask."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import translation

from journeys.admin import canvas, canvas_words
from journeys.models import Journey, Version
from tests.admin.shop import CART
from tests.world import World

CALL = re.compile(r'\b(tn?)\(\s*("(?:[^"\\]|\\.)*")')
IMPORT = re.compile(r'from"\./([\w-]+\.js)"')
"""What comes with the script at once; what it fetches later is no part of its budget."""
JSON = "application/json"


def _url(name: str, slug: str = "abandoned-cart") -> str:
    return reverse(f"admin:journeys_journey_canvas_{name}", args=[slug])


def _put(client: Client, document: str, revision: int) -> Any:
    body = {"document": document, "revision": revision}
    return client.put(_url("draft"), json.dumps(body), content_type=JSON)


def _boot(client: Client) -> dict[str, Any]:
    page = client.get(reverse("admin:journeys_journey_canvas", args=["abandoned-cart"]))
    found = re.search(r'<script id="journey-boot"[^>]*>(.*?)</script>', page.content.decode(), re.S)
    assert found
    return json.loads(found[1])


def test_the_page_brings_the_document_as_it_was_typed(world: World, anna: Client) -> None:
    world.journey(CART)
    boot = _boot(anna)
    assert boot["document"] == CART
    assert (boot["slug"], boot["revision"], boot["mayChange"]) == ("abandoned-cart", 1, True)
    assert boot["urls"]["draft"] == _url("draft")


def test_a_draft_is_saved_and_checked_at_once(world: World, anna: Client) -> None:
    world.journey(CART)
    text = CART.replace("wait: 1h", "wait: 3h  # longer").replace("then: later", "then: nowhere")
    answer = _put(anna, text, 1)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["revision"], found["differs"]) == (2, True)
    assert "unknown_step" in {each["code"] for each in found["problems"]}
    assert Journey.objects.get(slug="abandoned-cart").source == text


def test_whoever_saves_over_a_newer_revision_gets_it_and_who_wrote_it(
    world: World, anna: Client
) -> None:
    world.journey(CART)
    theirs, mine = CART.replace("wait: 1h", "wait: 3h"), CART.replace("wait: 1h", "wait: 5h")
    assert _put(anna, theirs, 1).status_code == 200
    answer = _put(anna, mine, 1)
    assert answer.status_code == 409
    told = answer.json()
    assert (told["code"], told["revision"], told["by"]) == ("conflict", 2, "anna")
    assert told["document"] == theirs
    assert Journey.objects.get(slug="abandoned-cart").source == theirs


def test_going_on_editing_is_one_line_in_the_log_of_changes(world: World, anna: Client) -> None:
    world.journey(CART)
    for revision in (1, 2, 3):
        assert _put(anna, f"{CART}# {revision}\n", revision).status_code == 200
    assert LogEntry.objects.filter(change_message=canvas.EDITED).count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "malformed"),
        ("[]", 400, "malformed"),
        ('{"document": "journey: x"}', 400, "malformed"),
        ('{"document": 1, "revision": 1}', 400, "malformed"),
        ('{"document": "", "revision": 1}', 422, "invalid"),
        ('{"document": "journey: other", "revision": 1}', 422, "invalid"),
        ('{"document": "a: [", "revision": 1}', 422, "invalid"),
    ],
)
def test_what_is_no_draft_is_refused(
    world: World, anna: Client, body: str, status: int, code: str
) -> None:
    world.journey(CART)
    answer = anna.put(_url("draft"), body, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Journey.objects.get(slug="abandoned-cart").revision == 1


def test_a_save_without_the_token_is_refused(world: World, anna: Client) -> None:
    world.journey(CART)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = anna.cookies
    assert _put(strict, CART, 1).status_code == 403


def test_who_may_only_look_reads_and_changes_nothing(world: World, vera: Client) -> None:
    world.journey(CART)
    assert _boot(vera)["mayChange"] is False
    for name in ("draft", "plan", "numbers"):
        assert vera.get(_url(name)).status_code == 200
    assert _put(vera, CART + "# mine", 1).status_code == 403
    for name in ("check", "release"):
        assert vera.post(_url(name), "{}", content_type=JSON).status_code == 403
    assert Journey.objects.get(slug="abandoned-cart").revision == 1


def test_strangers_and_those_without_rights_get_nothing(world: World, nick: Client) -> None:
    world.journey(CART)
    for name in ("draft", "plan", "numbers"):
        assert nick.get(_url(name)).status_code == 403
        assert Client().get(_url(name)).status_code == 302


def test_the_plan_says_what_would_change_and_publishing_does_it(world: World, anna: Client) -> None:
    world.journey(CART)
    _put(anna, CART.replace("wait: 1h", "wait: 3h"), 1)
    plan = anna.get(_url("plan")).json()
    assert {step["id"]: step["change"] for step in plan["steps"]}["pause"] == "changed"
    old = anna.post(_url("release"), json.dumps({"revision": 1}), content_type=JSON)
    assert (old.status_code, old.json()["code"]) == (409, "conflict")
    body = json.dumps({"revision": 2, "note": "slower"})
    done = anna.post(_url("release"), body, content_type=JSON)
    assert (done.status_code, done.json()["version"]) == (200, 2)
    version = Version.objects.get(journey__slug="abandoned-cart", number=2)
    assert (version.note, version.by) == ("slower", "anna")


def test_conditions_are_told_in_the_readers_language(world: World, anna: Client) -> None:
    world.journey(CART)
    text = CART.replace("  again: always", "  if: {attribute: country, eq: DE}\n  again: always")
    sentences = _put(anna, text, 1).json()["sentences"]
    assert "country" in sentences["enter/if"]
    broken = text.replace("eq: DE", "eq: [")
    assert _put(anna, broken, 2).status_code == 422


@pytest.mark.parametrize(("name", "status"), [("left-basket", 302), ("Left Basket", 200)])
def test_a_journey_begins_with_its_name(world: World, anna: Client, name: str, status: int) -> None:
    answer = anna.post(reverse("admin:journeys_journey_add"), {"name": name, "title": "Left: yes"})
    assert answer.status_code == status
    if status == 302:
        assert answer["Location"] == reverse("admin:journeys_journey_canvas", args=[name])
        assert Journey.objects.get(slug=name).title == "Left: yes"


def test_the_catalogue_has_every_text_of_the_script() -> None:
    sources = (settings.BASE_DIR / "journeys/frontend/src").rglob("*.ts*")
    said = {call for path in sources for call in CALL.findall(path.read_text("utf8"))}
    once = {json.loads(text) for kind, text in said if kind == "t"}
    counted = {json.loads(text) for kind, text in said if kind == "tn"}
    assert once == set(canvas_words.TEXTS)
    assert counted == set(canvas_words.CATALOGUE.plurals())


def test_the_script_speaks_russian() -> None:
    with translation.override("ru"):
        assert canvas_words.CATALOGUE.texts()["Add a step"] == "Добавить шаг"
        assert canvas_words.CATALOGUE.plurals()["{n} problem"]["few"] == "{n} ошибки"


def test_the_script_and_its_styles_are_within_their_budget() -> None:
    built = settings.BASE_DIR / "journeys/static/journeys/editor"
    opened = {"editor.js"}
    while more := {name for each in opened for name in _imported(built / each)} - opened:
        opened |= more
    assert "builder.js" not in opened
    assert sum(len(gzip.compress((built / each).read_bytes())) for each in opened) <= 220 * 1024
    assert len(gzip.compress((built / "builder.js").read_bytes())) <= 60 * 1024
    assert len(gzip.compress((built / "editor.css").read_bytes())) <= 8 * 1024


def _imported(script: Path) -> set[str]:
    """The scripts that come with it at once, not those that it asks for later."""
    return set(re.findall(r'\bfrom"\./([\w-]+\.js)"', script.read_text("utf8")))
