"""The template routes: saved by revision, checked, shown for somebody, sent to colleagues."""

from typing import Any

import pytest

from channels.models import Message, Suppression
from channels.operations.brakes import halt
from profiles.models import Event
from profiles.queries import clock
from tests.database.calls import identify, take, user
from tests.database.conftest import providers, sendgrid
from tests.emulators.sendgrid import SendGrid
from tests.http.test_customers import Ask, ask

__all__ = ["ask", "providers", "sendgrid"]

pytestmark = pytest.mark.django_db

MAIL: dict[str, Any] = {
    "subject": "Hello {{ customer.firstName|default('you') }}",
    "html": "<p>{{ customer.city }} <a href='https://shop.example/x'>Shop</a></p>",
    "locales": {"fr": {"subject": "Bonjour"}},
}


def put(ask: Ask, slug: str = "spring", **given: Any) -> tuple[int, Any]:
    return ask("PUT", f"/templates/{slug}", {"content": MAIL, "revision": None, **given})  # type: ignore[no-any-return]


@pytest.fixture
def people() -> None:
    take(
        identify("ann", email="ann@a.cz", firstName="Ann", city="Prague", locale="fr-CA"),
        identify("ben", email="ben@a.cz"),
    )


def test_a_template_is_saved_read_listed_and_removed(ask: Ask) -> None:
    status, made = put(ask, title="Spring", note="first")
    assert (status, made["version"], made["revision"], made["content"]) == (200, 1, 1, MAIL)
    changed = {**MAIL, "subject": "Hi"}
    assert put(ask, content=changed, revision=1)[1]["version"] == 2
    status, found = ask("GET", "/templates/spring")
    assert [each["version"] for each in found["versions"]] == [2, 1]
    assert (found["versions"][1]["note"], found["versions"][1]["by"]) == ("first", "tests")
    assert ask("GET", "/templates/spring/versions/1")[1]["content"] == MAIL
    put(ask, "summer")
    first = ask("GET", "/templates?limit=1")[1]
    assert ([each["template"] for each in first["items"]], first["next"]) == (["spring"], "spring")
    rest = ask("GET", "/templates?cursor=spring")[1]
    assert [each["template"] for each in rest["items"]] == ["summer"]
    assert ask("DELETE", "/templates/spring") == (200, {"template": "spring", "deleted": True})
    assert ask("GET", "/templates/spring")[0] == ask("DELETE", "/templates/spring")[0] == 404
    assert put(ask)[1]["version"] == 3


def test_a_template_that_came_along_can_be_read_and_replaced(ask: Ask) -> None:
    status, found = ask("GET", "/templates/plain-hello")
    assert (status, found["version"], found["revision"]) == (200, 0, None)
    assert put(ask, "plain-hello")[1]["version"] == 1
    assert ask("GET", "/templates/plain-hello")[1]["content"] == MAIL


@pytest.mark.parametrize(
    ("slug", "given", "status", "words"),
    [
        ("Spring Sale", {}, 422, "small letters"),
        ("spring", {"revision": 7}, 404, "revision null"),
        ("spring", {"content": {"subject": "{{ x"}}, 422, "unexpected end"),
        ("spring", {"content": {"text": "{% include 'none' %}"}}, 422, "There is no block “none”"),
        ("spring", {"content": {"html": "{% include 'spring' %}"}}, 422, "needs itself"),
        ("spring", {"content": {}}, 422, "Say something"),
    ],
)
def test_what_cannot_be_saved_is_said_with_its_remedy(
    ask: Ask, slug: str, given: dict[str, Any], status: int, words: str
) -> None:
    found = put(ask, slug, **given)
    assert found[0] == status
    assert words in found[1]["message"]


def test_a_stale_revision_is_refused(ask: Ask) -> None:
    put(ask)
    status, found = put(ask, content={"text": "mine"}, revision=None)
    assert (status, found["code"]) == (409, "conflict")
    assert "revision 1" in found["message"]


def test_a_check_saves_nothing(ask: Ask) -> None:
    status, found = ask("POST", "/templates/check", {"content": {"subject": "{{ 2**2 }}"}})
    assert (status, [each["path"] for each in found["problems"]]) == (200, ["subject"])
    assert ask("GET", "/templates")[1]["items"] == []


def test_a_preview_is_the_message_of_that_customer(ask: Ask, people: None) -> None:
    put(ask)
    given = {"template": "spring", "customer": "user_id:ann"}
    status, found = ask("POST", "/templates/preview", given)
    assert (status, found["customer"], found["language"]) == (200, user("ann"), "fr")
    assert (found["languages"], found["missing"]) == (["", "fr"], [])
    mail = found["channels"]["email"]
    assert (mail["subject"], mail["problem"], mail["aborted"]) == ("Bonjour", "", None)
    assert "Prague" in mail["html"]
    assert "List-Unsubscribe" in mail["headers"]
    english = ask("POST", "/templates/preview", {**given, "locale": "en"})[1]
    assert english["channels"]["email"]["subject"] == "Hello Ann"
    assert Message.objects.count() == 0


def test_the_worst_case_is_who_lacks_most(ask: Ask, people: None) -> None:
    status, found = ask("POST", "/templates/preview", {"content": MAIL, "customer": "worst"})
    assert (status, found["customer"], found["missing"]) == (200, user("ben"), ["customer.city"])
    assert found["channels"]["email"]["subject"] == "Hello you"
    chance = ask("POST", "/templates/preview", {"content": MAIL, "customer": "random"})[1]
    assert chance["customer"] in (user("ann"), user("ben"))


def test_a_preview_counts_segments_and_tells_what_stops_it(ask: Ask) -> None:
    text = {"text": "Привет " * 20}
    found = ask("POST", "/templates/preview", {"content": text})[1]
    assert found["channels"]["sms"]["segments"] == {"count": 3, "encoding": "ucs2", "units": 140}
    stop = {"content": {"text": "{{ abort('sold out') }}"}, "channels": ["sms", "telegram"]}
    shown = ask("POST", "/templates/preview", stop)[1]["channels"]
    assert [shown[each]["aborted"] for each in ("sms", "telegram")] == ["sold out"] * 2
    wrong = {"content": {"text": "{{ entry.n + 'x' }}"}, "entry": {"n": 5}}
    shown = ask("POST", "/templates/preview", wrong)[1]["channels"]
    assert shown["sms"]["problem"].startswith("text, line 1")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({}, 422, "Give a template's name, or a content"),
        ({"template": "a", "content": MAIL}, 422, "Give a template's name, or a content"),
        ({"template": "none"}, 404, "There is no template none"),
        ({"content": {"text": "{{"}}, 422, "line 1"),
        ({"content": MAIL, "customer": "user_id:zoe"}, 404, "There is no customer"),
        ({"content": MAIL, "channels": ["pigeon"]}, 422, "There is no channel pigeon"),
    ],
)
def test_a_preview_that_cannot_be_made_says_why(
    ask: Ask, given: dict[str, Any], status: int, words: str
) -> None:
    found = ask("POST", "/templates/preview", given)
    assert found[0] == status
    assert words in found[1]["message"]


def test_a_test_goes_to_colleagues_and_counts_nowhere(
    ask: Ask, people: None, sendgrid: SendGrid, providers: None
) -> None:
    seeds = {"seeds": [{"channel": "email", "address": "Team@shop.example", "name": "Team"}]}
    assert ask("PUT", "/seeds", seeds)[0] == 200
    before = Event.objects.count()
    given = {
        "content": MAIL, "channel": "email", "to": ["me@shop.example"], "seeds": True,
        "customer": "user_id:ann",
    }  # fmt: skip
    status, found = ask("POST", "/templates/test", given)
    assert (status, [(each["to"], each["status"]) for each in found["sent"]]) == (
        200, [("me@shop.example", "accepted"), ("team@shop.example", "accepted")],
    )  # fmt: skip
    assert {each["subject"] for each in sendgrid.accepted} == {"[Test] Bonjour"}
    assert all("https://shop.example/x" in each["html"] for each in sendgrid.accepted)
    assert (Message.objects.count(), Event.objects.count()) == (0, before)


def test_a_test_in_the_sandbox_is_rendered_and_stays(ask: Ask, settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    given = {"content": MAIL, "channel": "email", "to": ["me@shop.example"]}
    status, found = ask("POST", "/templates/test", given)
    assert (status, found["sent"][0]["status"]) == (200, "sandbox")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"to": []}, 422, "Name one to 20 addresses"),
        ({"to": ["nobody"]}, 422, "is no address for email"),
        ({"channel": "push", "to": ["x"]}, 422, "Test messages go by one of email, sms"),
        ({"to": ["gone@a.cz"]}, 422, "Nothing is sent to gone@a.cz: bounced"),
        (
            {"content": {"subject": "{{ abort('x') }}", "text": "y"}},
            422,
            "The template stopped it: x",
        ),
        ({}, 409, "No account can send email now"),
    ],
)
def test_a_test_that_cannot_go_says_why(
    ask: Ask, providers: None, given: dict[str, Any], status: int, words: str
) -> None:
    Suppression.objects.create(
        channel="email", address="gone@a.cz", reason="bounced", at=clock.now()
    )
    asked = {"content": MAIL, "channel": "email", "to": ["me@a.cz"], **given}
    found = ask("POST", "/templates/test", asked)
    assert (found[0], words in found[1]["message"]) == (status, True), found[1]["message"]


def test_a_halt_stops_tests_too(ask: Ask, providers: None, sendgrid: SendGrid) -> None:
    halt("all", name="", reason="x", by="test", now=clock.now())
    given = {"content": MAIL, "channel": "email", "to": ["me@a.cz"]}
    assert "lift the halt" in ask("POST", "/templates/test", given)[1]["message"]
    assert sendgrid.accepted == []


def test_the_seed_list_is_replaced_whole(ask: Ask) -> None:
    first = {"seeds": [{"channel": "sms", "address": "+1 202 555 0101"}]}
    assert ask("PUT", "/seeds", first)[1] == {
        "seeds": [{"channel": "sms", "address": "+12025550101", "name": ""}]
    }
    status, found = ask("PUT", "/seeds", {"seeds": [{"channel": "email", "address": "x"}]})
    assert (status, found["message"]) == (422, "x is no address for email.")
    assert len(ask("GET", "/seeds")[1]["seeds"]) == 1
    assert ask("PUT", "/seeds", {"seeds": []})[1] == {"seeds": []}
