"""The management API: keys and scopes, one view of a customer, one shape of error."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from config.api import scope_of
from profiles.operations.access import create_key
from profiles.queries import clock, customers, timeline
from tests.database.calls import NOW, alias, call, history, identify, owner, take, track, user

pytestmark = pytest.mark.django_db
Ask = Callable[..., Any]


def key(*scopes: str) -> str:
    return create_key(name="tests", kind="api", scopes=scopes, now=clock.now())


@pytest.fixture
def ask(client: Client) -> Ask:
    """Asks the API with a key that may read and write; answers status and body."""
    own = key("read", "write")

    def send(method: str, path: str, body: Any = None, key: str = own) -> tuple[int, Any]:
        response = client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        return response.status_code, response.json()

    return send


def test_the_single_customer_view_has_every_promised_field(ask: Ask) -> None:
    take(
        identify(
            "ann", "cookie", email="Ann@A.cz", phone="+491701234567", timezone="UTC", locale="de"
        ),
        track("ann", "Order Completed", properties={"order_id": "1", "revenue": 10}),
    )
    status, found = ask("GET", f"/customers/{user('ann')}")
    lifecycle = found.pop("lifecycle")
    assert status == 200
    assert found == {
        "id": user("ann"),
        "identifiers": [
            {"kind": "anonymous_id", "value": "cookie"},
            {"kind": "user_id", "value": "ann"},
            {"kind": "email", "value": "ann@a.cz"},
            {"kind": "phone", "value": "+491701234567"},
        ],
        "attributes": {
            "email": "ann@a.cz",
            "phone": "+491701234567",
            "timezone": "UTC",
            "locale": "de",
        },
        "email": "ann@a.cz",
        "phone": "+491701234567",
        "timezone": "UTC",
        "locale": "de",
        "consents": [],
        "journeys": [],
        "segments": [],
        "created_at": "2026-11-21T12:00:00.000Z",
    }
    assert (lifecycle["stage"], lifecycle["segment"]) == ("conversion", "first_time_buyer")
    assert set(lifecycle) == {"stage", "segment", "rfm", "since", "next_at", "lost_stage"}


def test_any_identifier_leads_to_the_customer(ask: Ask) -> None:
    take(identify("a b?ü:1", "cookie", email="ann@a.cz"))
    ann = user("a b?ü:1")
    for reference in (
        str(ann),
        "user_id:a%20b%3F%C3%BC:1",
        "anonymous_id:cookie",
        "email:ANN@a.cz",
    ):
        status, found = ask("GET", f"/customers/{reference}")
        assert (status, found.get("id")) == (200, ann), reference


def test_a_merged_customer_leads_to_the_one_they_became(ask: Ask) -> None:
    take(identify("ann"), identify("ben"))
    ben = user("ben")
    take(alias("ann", "ben"))
    assert ask("GET", f"/customers/{ben}")[1]["id"] == user("ann")


@pytest.mark.parametrize(
    "reference", ["0", "9" * 30, "user_id:nobody", "nobody", "-1", "user_id:%00", ":", "x" * 2000]
)
def test_nobody_is_not_found(ask: Ask, reference: str) -> None:
    for path in (f"/customers/{reference}", f"/customers/{reference}/timeline"):
        status, answer = ask("GET", path)
        assert (status, answer["code"], answer["problems"]) == (404, "not_found", [])


def test_customers_are_listed_page_by_page(ask: Ask) -> None:
    take(*(identify(f"u{n}") for n in range(5)), call("page", visitor="v"))
    take(identify("u0", "v"))
    seen: list[int] = []
    cursor = ""
    while True:
        _, page = ask("GET", f"/customers?limit=2&cursor={cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [user(f"u{n}") for n in range(5)]


def test_the_timeline_is_newest_first_and_pages_lose_nothing(ask: Ask) -> None:
    take(
        identify("ann"), *(track("ann", f"event {n}") for n in range(7)), call("page", visitor="v")
    )
    take(identify("ann", "v"))
    ask("PUT", "/customers/user_id:ann/consents", {"channel": "email", "state": "unsubscribed"})
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        _, page = ask("GET", f"/customers/user_id:ann/timeline?limit=3&cursor={cursor}")
        seen += page["items"]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert len(seen) == len(history(user("ann")))
    assert [item["at"] for item in seen] == sorted((item["at"] for item in seen), reverse=True)
    assert {item["kind"] for item in seen} >= {"event", "lifecycle", "consent", "merge"}
    assert set(seen[0]) == {"at", "kind", "name", "detail"}


def test_other_houses_add_to_the_view_and_to_the_timeline(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "_sections", {})
    monkeypatch.setattr(timeline, "_sources", dict(timeline._sources))
    customers.register_section("pets", lambda customer_id: [customer_id])

    def decisions(
        _customer: int, before: timeline.Place, limit: int, _wanted: timeline.Wanted
    ) -> list[timeline.Entry]:
        made = [timeline.Entry(NOW, n, "decision", f"decision {n}", {}) for n in range(5, 0, -1)]
        return [one for one in made if (one.at, one.id) < before][:limit]

    timeline.register_source("decisions", decisions)
    take(track("ann", "a"), track("ann", "b"))
    assert ask("GET", "/customers/user_id:ann")[1]["pets"] == [user("ann")]
    seen: list[str] = []
    cursor = ""
    while True:
        _, page = ask("GET", f"/customers/user_id:ann/timeline?limit=2&cursor={cursor}")
        seen += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [f"decision {n}" for n in range(5, 0, -1)] + history(user("ann"))[::-1]


def test_consents_are_put_in_any_of_three_shapes(ask: Ask) -> None:
    take(identify("ann"))
    one = {"channel": "email", "topic": "news", "state": "subscribed", "proof": {"ip": "::1"}}
    path = "/customers/user_id:ann/consents"
    status, answer = ask("PUT", path, {"consents": [one]})
    assert status == 200
    (stored,) = answer["consents"]
    assert {name: stored[name] for name in one} == one
    assert len(ask("PUT", path, [{**one, "topic": "offers"}])[1]["consents"]) == 2
    answer = ask("PUT", path, {**one, "topic": "", "state": "unsubscribed"})[1]
    assert [(c["topic"], c["state"]) for c in answer["consents"]] == [
        ("", "unsubscribed"),
        ("news", "subscribed"),
        ("offers", "subscribed"),
    ]
    assert ask("GET", "/customers/user_id:ann")[1]["consents"] == answer["consents"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"consents": [{"channel": "email", "state": "maybe"}]}, "consents.0.state"),
        ([{"state": "subscribed"}], "consents.0.channel"),
        ({"channel": "", "state": "subscribed"}, "consents.0.channel"),
        ({}, "consents"),
        (5, "consents"),
    ],
)
def test_a_malformed_request_names_what_is_wrong(ask: Ask, body: Any, path: str) -> None:
    take(identify("ann"))
    status, answer = ask("PUT", "/customers/user_id:ann/consents", body)
    assert (status, answer["code"]) == (422, "invalid")
    assert [problem["path"] for problem in answer["problems"]] == [path]


@pytest.mark.parametrize("text", ["\0", "\ud83d"])
def test_what_cannot_be_stored_is_refused(ask: Ask, text: str) -> None:
    take(identify("ann"))
    for body in (
        {"channel": f"e{text}", "state": "subscribed"},
        {"channel": "email", "state": "subscribed", "proof": {"text": text}},
    ):
        assert ask("PUT", "/customers/user_id:ann/consents", body)[0] == 422


def test_an_operator_merges_two_known_customers_once(ask: Ask) -> None:
    take(identify("ann", plan="pro"), identify("ben", plan="free", city="Prague"))
    body = {"merged": user("ben"), "into": "user_id:ann"}
    for _ in range(2):
        status, found = ask("POST", "/customers/merge", body)
        assert (status, found["id"]) == (200, user("ann"))
        assert found["attributes"] == {"plan": "pro", "city": "Prague"}
    assert owner("user_id", "ben") == user("ann")
    assert history(user("ann")).count("customer.merged") == 1
    assert ask("POST", "/customers/merge", {"merged": 0, "into": "user_id:ann"})[0] == 404
    assert ask("POST", "/customers/merge", {"merged": 1})[1]["problems"][0]["path"] == "into"


def test_a_key_needs_the_scope(ask: Ask, client: Client) -> None:
    take(identify("ann"))
    consent = {"channel": "email", "state": "subscribed"}
    reader, writer = key("read"), key("write")
    assert ask("GET", "/customers", key=reader)[0] == 200
    status, answer = ask("PUT", "/customers/user_id:ann/consents", consent, key=reader)
    assert (status, answer["code"]) == (403, "forbidden")
    assert ask("PUT", "/customers/user_id:ann/consents", consent, key=writer)[0] == 200
    assert ask("GET", "/customers", key=writer)[0] == 403
    events = create_key(name="shop", kind="write", scopes=[], now=clock.now())
    assert ask("GET", "/customers", key=events)[0] == 403
    status, answer = ask("GET", "/customers", key="guess")
    assert (status, answer["code"], answer["problems"]) == (401, "unauthorized", [])
    assert client.get("/api/v1/customers").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/api/v1/journeys", "read"),
        ("PUT", "/api/v1/journeys/x", "write"),
        ("DELETE", "/api/v1/journeys/x", "write"),
        ("POST", "/api/v1/journeys/x/publish", "publish"),
        ("POST", "/api/v1/journeys/x/pause", "publish"),
        ("POST", "/api/v1/journeys/x/plan", "read"),
        ("POST", "/api/v1/journeys/x/simulate", "read"),
        ("POST", "/api/v1/journeys/x/enroll", "write"),
        ("POST", "/api/v1/segments/preview", "read"),
        ("GET", "/api/v1/customers/1/export", "privacy"),
        ("DELETE", "/api/v1/customers/1", "privacy"),
        ("POST", "/api/v1/sandbox/settle", "write"),
    ],
)
def test_each_route_takes_its_scope(method: str, path: str, scope: str) -> None:
    assert scope_of(method, path) == scope


def test_the_api_describes_itself_and_unknown_routes_say_so(ask: Ask, client: Client) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/customers/{reference}", "/api/v1/customers/merge"} <= set(paths)
    status, answer = ask("GET", "/nothing/here")
    assert (status, answer["code"]) == (404, "not_found")
    assert ask("GET", "/customers?cursor=zzz")[1]["code"] == "invalid_cursor"
    assert ask("GET", "/customers?limit=0")[1]["problems"][0]["path"] == "limit"


def test_a_question_answers_where_it_is_confirmed_and_keeps_its_words(ask: Ask) -> None:
    take(identify("ann", email="ann@example.com"))
    path = "/customers/user_id:ann/consents"
    given = {"channel": "email", "topic": "news", "state": "pending", "wording": "Yes, write"}
    (stored,) = ask("PUT", path, given)[1]["consents"]
    assert stored["proof"]["wording"] == "Yes, write"
    assert len(stored["proof"]["sha256"]) == 64
    token = stored["confirm"].partition("/confirm/")[2]
    assert Client().post(f"/confirm/{token}").status_code == 200
    (stored,) = ask("PUT", path, [])[1]["consents"]
    assert (stored["state"], "confirm" in stored) == ("subscribed", False)


def test_a_pause_over_the_api(ask: Ask) -> None:
    take(identify("ann"))
    path = "/customers/user_id:ann/consents"
    body = {"channel": "*", "state": "paused", "until": "2099-01-01T00:00:00Z"}
    assert ask("PUT", path, body)[1]["consents"][0]["until"] == "2099-01-01T00:00:00.000Z"
    assert ask("PUT", path, {**body, "until": None})[0] == 422
    assert ask("PUT", path, {**body, "channel": "email"})[0] == 422
    assert ask("PUT", path, {**body, "wording": "Yes"})[0] == 422
    assert ask("PUT", path, {"channel": "*", "state": "resumed"})[0] == 200
