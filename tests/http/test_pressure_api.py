"""What falls on customers, through the API: for keys that may read, within bounds, repeatable."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from profiles.operations.access import create_key
from profiles.queries import clock
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)
HELLO = """
journey: hello
enter: {on: [{event: Signed Up}]}
steps:
  - {id: mail, send: {channel: email, subject: Hello, text: Hello.}}
"""
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def workspace(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    world = World(clock.now())
    world.meet("alice", "bob", "charlie")
    world.journey(HELLO)
    world.does("alice", "Signed Up")


@pytest.fixture
def ask(client: Client) -> Ask:
    """Method, path below /api/v1, body, scope → the answer."""

    def send(method: str, path: str, body: Any = None, *, scope: str = "read") -> Any:
        key = create_key(name="script", kind="api", scopes=[scope], now=clock.now())
        return client.generic(
            method, f"/api/v1{path}", "" if body is None else json.dumps(body),
            content_type="application/json", headers={"Authorization": f"Bearer {key}"},
        )  # fmt: skip

    return send


def test_what_was(ask: Ask) -> None:
    found = ask("GET", "/pressure?days=7").json()
    assert (found["days"], found["customers"], found["every"]) == (7, 3, 1)
    assert found["journeys"] == [{"journey": "hello", "customers": 1, "messages": 1, "reached": 1}]
    assert found["people"] == [
        {"messages": 0, "in_seven_days": 0, "customers": 2},
        {"messages": 1, "in_seven_days": 1, "customers": 1},
    ]
    assert ask("GET", "/pressure").json()["days"] == 30


def test_what_will_be_is_the_same_bytes_twice(ask: Ask) -> None:
    one, same = (ask("POST", "/pressure/simulate", {"days": 2, "seed": 3}) for _ in range(2))
    assert one.status_code == 200, one.content
    assert one.content == same.content
    assert {name: one.json()[name] for name in ("days", "seed", "customers")} == {
        "days": 2, "seed": 3, "customers": 3,
    }  # fmt: skip
    assert ask("POST", "/pressure/simulate").json()["days"] == 30


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 91}, {"sample": 20_001}, {"sample": 0}])
def test_bounds_are_told(ask: Ask, body: dict[str, int]) -> None:
    answer = ask("POST", "/pressure/simulate", body)
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_only_keys_that_may_read(ask: Ask, client: Client) -> None:
    assert ask("GET", "/pressure", scope="privacy").status_code == 403
    assert ask("POST", "/pressure/simulate", {}, scope="publish").status_code == 403
    assert client.get("/api/v1/pressure").status_code == 401
    assert ask("GET", "/pressure?days=x").status_code == 422
    assert ask("GET", "/pressure?days=400").status_code == 422
