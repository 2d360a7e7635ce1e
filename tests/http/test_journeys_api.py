"""The journey routes of the management API and the sandbox's clock, as a script uses them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from profiles.operations.access import create_key
from profiles.queries import clock
from tests.scenarios.test_abandoned_cart import CART

pytestmark = pytest.mark.django_db(transaction=True)

SCOPES = ["read", "write", "publish"]
HELLO: dict[str, Any] = {
    "journey": "hello",
    "title": "Hello",
    "enter": {"on": [{"event": "Signed Up"}, {"api": True}], "key": "plan"},
    "goal": {"event": "Order Completed"},
    "steps": [
        {"id": "mail", "send": {"channel": "email", "subject": "Hello", "text": "Hello."}},
        {"id": "pause", "wait": "2d"},
        {"id": "again", "send": {"channel": "email", "subject": "Again", "text": "Again."}},
    ],
}
Call = Callable[..., Any]


@pytest.fixture(autouse=True)
def workspace(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0


@pytest.fixture
def key() -> Callable[[list[str]], str]:
    return lambda scopes: create_key(name="script", kind="api", scopes=scopes, now=clock.now())


@pytest.fixture
def call(client: Client, key: Callable[[list[str]], str]) -> Call:
    """Method, path below /api/v1, body → answer as JSON; the status must be as told."""
    bearer = f"Bearer {key(SCOPES)}"

    def send(method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": bearer},
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    return send


def live(call: Call) -> None:
    call("PUT", "/journeys/hello", {"revision": None, "document": HELLO})
    call("POST", "/journeys/hello/publish", {"note": "first"})


def people(client: Client, *names: str) -> None:
    write = create_key(name="shop", kind="write", scopes=[], now=clock.now())
    batch = [
        {"type": "identify", "userId": name, "traits": {"email": f"{name}@example.com"}}
        for name in names
    ]
    answer = client.post(
        "/v1/batch",
        {"batch": batch, "writeKey": write},
        content_type="application/json",
    )
    assert answer.json() == {"success": True}


def test_a_draft_is_saved_read_listed_and_removed(call: Call) -> None:
    saved = call("PUT", "/journeys/hello", {"revision": None, "document": HELLO})
    assert (saved["state"], saved["revision"], saved["version"]) == ("draft", 1, None)
    assert call("GET", "/journeys/hello")["document"] == HELLO
    call("PUT", "/journeys/abandoned-cart", {"revision": None, "document": CART})
    first = call("GET", "/journeys?limit=1")
    assert [item["journey"] for item in first["items"]] == ["abandoned-cart"]
    rest = call("GET", f"/journeys?limit=1&cursor={first['next']}")
    assert ([item["journey"] for item in rest["items"]], rest["next"]) == (["hello"], None)
    assert call("DELETE", "/journeys/hello") == {"deleted": "hello"}
    assert call("GET", "/journeys/hello", status=404)["code"] == "not_found"


def test_who_saves_over_what_somebody_else_saved_is_told(call: Call) -> None:
    call("PUT", "/journeys/hello", {"revision": None, "document": HELLO})
    call("PUT", "/journeys/hello", {"revision": 1, "document": HELLO | {"title": "Hi"}})
    refused = call("PUT", "/journeys/hello", {"revision": 1, "document": HELLO}, status=409)
    assert (refused["code"], "revision 2" in refused["message"]) == ("conflict", True)
    call("PUT", "/journeys/other", {"revision": 3, "document": {}}, status=404)
    named = call("PUT", "/journeys/other", {"revision": None, "document": HELLO}, status=422)
    assert "“hello”" in named["message"]
    call("PUT", "/journeys/other", {"revision": None, "document": "- a list"}, status=422)
    call("PUT", "/journeys/other", {"revision": None, "document": "a: [1"}, status=422)


def test_a_check_tells_everything_with_its_line(call: Call) -> None:
    document = CART.replace("wait: 1h", "wait: soon")
    call("PUT", "/journeys/abandoned-cart", {"revision": None, "document": CART})
    (warned,) = call("POST", "/journeys/abandoned-cart/check")["problems"]
    assert (warned["code"], warned["severity"]) == ("no_holdout", "warning")
    (found,) = call("POST", "/journeys/abandoned-cart/check", {"document": document})["problems"]
    assert (found["path"], found["severity"]) == ("steps[pause].wait", "error")
    assert document.splitlines()[found["line"] - 1].strip() == "wait: soon"


def test_what_a_check_finds_keeps_a_draft_from_being_published(call: Call) -> None:
    broken = HELLO | {"steps": [{"id": "mail", "send": {"channel": "pigeon", "text": "Hello."}}]}
    call("PUT", "/journeys/hello", {"revision": None, "document": broken})
    refused = call("POST", "/journeys/hello/publish", status=422)
    assert [each["code"] for each in refused["problems"]] == ["unknown_channel"]
    assert call("GET", "/journeys/hello")["state"] == "draft"


def test_publishing_makes_versions_and_the_same_document_makes_none(call: Call) -> None:
    live(call)
    again = call("POST", "/journeys/hello/publish")
    assert (again["state"], again["version"]) == ("live", 1)
    call("PUT", "/journeys/hello", {"revision": 1, "document": HELLO | {"title": "Hi"}})
    found = call("POST", "/journeys/hello/publish", {"note": "shorter"})
    assert [(v["version"], v["note"], v["by"]) for v in found["versions"]] == [
        (2, "shorter", "script"),
        (1, "first", "script"),
    ]


def test_customers_are_enrolled_by_name_with_the_reasons_of_the_others(
    call: Call, client: Client
) -> None:
    people(client, "ann", "ben")
    customers = ["user_id:ann", "email:ben@example.com", "nobody"]
    draft = call("POST", "/journeys/hello/enroll", {"customers": customers}, status=404)
    assert draft["code"] == "not_found"
    live(call)
    body = {"customers": customers, "properties": {"plan": "pro"}}
    found = call("POST", "/journeys/hello/enroll", body)
    assert (found["enrolled"], found["refused"]) == (2, {"unknown_customer": 1})
    again = call("POST", "/journeys/hello/enroll", body)
    assert (again["enrolled"], again["refused"]["already_in"]) == (0, 2)


def test_two_days_pass_at_a_call_and_the_report_says_what_happened(
    call: Call, client: Client
) -> None:
    people(client, "ann")
    live(call)
    call("POST", "/journeys/hello/enroll", {"customers": ["ann"]})
    assert call("POST", "/sandbox/settle")["processed"] >= 1
    before = call("POST", "/sandbox/clock", {"advance": "0s"})["now"]
    moved = call("POST", "/sandbox/clock", {"advance": "2d"})
    assert moved["processed"] >= 1
    assert moved["now"] > before
    found = call("GET", "/journeys/hello/report")
    assert found["totals"]["entered"] == found["totals"]["completed"] == 1
    assert [(step["id"], step.get("sent")) for step in found["steps"]] == [
        ("mail", 1),
        ("pause", 0),
        ("again", 1),
    ]
    assert [each["subject"] for each in call("GET", "/sandbox/inbox")["items"]] == [
        "Hello",
        "Again",
    ]


def test_a_journey_pauses_goes_on_and_stops(call: Call, client: Client) -> None:
    people(client, "ann")
    live(call)
    call("POST", "/journeys/hello/enroll", {"customers": ["ann"]})
    assert call("POST", "/journeys/hello/pause", {"clock": "run"})["state"] == "paused"
    call("POST", "/journeys/hello/enroll", {"customers": ["ann"]}, status=409)
    call("POST", "/journeys/hello/pause", status=409)
    assert call("POST", "/journeys/hello/resume")["state"] == "live"
    assert call("DELETE", "/journeys/hello", status=409)["code"] == "state"
    stopped = call("POST", "/journeys/hello/stop")
    assert (stopped["state"], stopped["left"]) == ("stopped", 1)
    assert call("DELETE", "/journeys/hello") == {"deleted": "hello"}


def test_the_schema_is_there_for_editors(call: Call) -> None:
    assert call("GET", "/schemas/journey.json")["required"] == ["journey", "enter", "steps"]


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (["read"], "PUT", "/journeys/hello"),
        (["read", "write"], "POST", "/journeys/hello/publish"),
        (["write", "publish"], "GET", "/journeys/hello/report"),
        (["read", "publish"], "POST", "/journeys/hello/enroll"),
        (["read"], "POST", "/sandbox/clock"),
    ],
)
def test_a_key_does_only_what_its_scopes_say(
    scopes: list[str], method: str, path: str, client: Client, key: Callable[[list[str]], str]
) -> None:
    headers = {"Authorization": f"Bearer {key(scopes)}"}
    answer = client.generic(method, f"/api/v1{path}", "{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client.generic(method, f"/api/v1{path}", "{}").status_code == 401


def test_time_travels_in_the_sandbox_only(call: Call, settings: Any) -> None:
    wrong = call("POST", "/sandbox/clock", {"advance": "soon"}, status=400)
    assert "90s" in wrong["message"]
    settings.SOJOURN_SANDBOX = False
    call("POST", "/sandbox/clock", {"advance": "1d"}, status=403)
    call("POST", "/sandbox/settle", status=403)


def test_a_customer_s_story_with_a_journey_is_explained(call: Call, client: Client) -> None:
    live(call)
    people(client, "ann", "bob")
    call("POST", "/journeys/hello/enroll", {"customers": ["ann"]})
    call("POST", "/sandbox/settle")
    story = call("GET", "/customers/user_id:ann/explain?journey=hello")
    assert story["entered"]
    assert [check["reason"] for check in story["checks"]][:1] == ["entered"]
    assert (story["next"]["step"], story["position"][0]["step"]) == ("pause", "pause")
    outside = call("GET", "/customers/user_id:bob/explain?journey=hello")
    assert (outside["entered"], outside["next"]) == (False, None)
    assert {"check": "trigger", "reason": "never_happened", "passed": False}.items() <= next(
        check for check in outside["checks"] if check["check"] == "trigger"
    ).items()
    before = call("GET", "/customers/user_id:ann/explain?journey=hello&at=2020-01-01T00:00:00")
    assert (before["checks"], before["at"]) == ([], "2020-01-01T00:00:00.000Z")
    call("GET", "/customers/user_id:ann/explain?journey=hello&at=0001-01-01T00:00%2B05:00",
         status=400)  # fmt: skip
    unknown = call("GET", "/customers/user_id:eve/explain?journey=hello", status=404)
    assert unknown["message"].startswith("There is no customer user_id:eve")
    assert call("GET", "/customers/user_id:ann/explain?journey=card", status=404)
