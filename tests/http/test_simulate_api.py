"""The dry run's route: bounded, repeatable byte for byte, and for keys that may read."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from profiles.operations.access import create_key
from profiles.queries import clock
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)

HELLO: dict[str, Any] = {
    "journey": "hello",
    "enter": {"on": [{"api": True}]},
    "steps": [{"id": "mail", "send": {"channel": "email", "subject": "Hello", "text": "Hello."}}],
}
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def workspace(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_GLOBAL_CONTROL = 0
    World(clock.now()).meet("alice", "bob", "charlie")


@pytest.fixture
def ask(client: Client) -> Ask:
    """Method, path below /api/v1, body, scope → the answer."""

    def send(method: str, path: str, body: Any = None, *, scope: str = "read") -> Any:
        key = create_key(name="script", kind="api", scopes=[scope], now=clock.now())
        return client.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )

    return send


@pytest.fixture(autouse=True)
def hello(ask: Ask) -> None:
    body = {"revision": None, "document": HELLO}
    assert ask("PUT", "/journeys/hello", body, scope="write").status_code == 200


def test_a_key_that_may_read_gets_the_whole_answer(ask: Ask) -> None:
    answer = ask("POST", "/journeys/hello/simulate", {"days": 2, "seed": 7})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert {name: found[name] for name in ("journey", "horizon", "seed", "customers")} == {
        "journey": "hello", "horizon": 2, "seed": 7, "customers": 3,
    }  # fmt: skip
    assert found["steps"][0]["sent"] == 3
    assert found["edges"] == [
        {"from": "enter", "to": "mail", "customers": 3},
        {"from": "mail", "to": "end:mail", "customers": 3},
    ]
    assert sum(day["sent"].get("email", 0) for day in found["days"]) == 3
    assert found["refused"] == {}
    assert ask("GET", "/messages").json()["items"] == []


def test_the_same_seed_gives_the_same_bytes(ask: Ask) -> None:
    first, second = (ask("POST", "/journeys/hello/simulate", {"sample": 2}) for _ in range(2))
    assert first.content == second.content
    assert first.json()["customers"] == 2


def test_without_a_body_it_looks_a_month_ahead(ask: Ask) -> None:
    assert ask("POST", "/journeys/hello/simulate").json()["horizon"] == 30


def test_what_is_out_of_bounds_is_refused_in_a_sentence(ask: Ask) -> None:
    refusals = {
        "1 to 365 days": ask("POST", "/journeys/hello/simulate", {"days": 0}),
        "At most 20000 customers": ask("POST", "/journeys/hello/simulate", {"sample": 20001}),
        "at least one customer": ask("POST", "/journeys/hello/simulate", {"sample": 0}),
    }
    for sentence, answer in refusals.items():
        assert answer.status_code == 422
        assert sentence in answer.json()["message"]
    missing = ask("POST", "/journeys/goodbye/simulate")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    never = ask("POST", "/journeys/hello/simulate", {"live": True})
    assert (never.status_code, never.json()["code"]) == (409, "state")


def test_a_draft_with_errors_is_refused_with_its_problems(ask: Ask) -> None:
    body = {"revision": 1, "document": {**HELLO, "steps": [{"id": "mail", "send": {}}]}}
    assert ask("PUT", "/journeys/hello", body, scope="write").status_code == 200
    answer = ask("POST", "/journeys/hello/simulate")
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("The journey cannot be run yet: steps")
    assert answer.json()["problems"]


def test_a_key_without_the_scope_is_turned_away(ask: Ask) -> None:
    assert ask("POST", "/journeys/hello/simulate", scope="write").status_code == 403


def test_the_past_is_played_beside_what_happened(ask: Ask) -> None:
    found = ask("POST", "/journeys/hello/simulate", {"days": 2, "replay": True}).json()
    assert found["beside"]["customers"] == {"would": 3, "got": 0, "both": 0, "differ": 3}
    assert [each["got"] for each in found["beside"]["people"]] == [[], [], []]
