"""Changing a live journey over the management API: the plan, the confirmation, the way back."""

from typing import Any

import pytest
from django.test import Client

from tests.http.test_journeys_api import HELLO, Call, call, key, live, people, workspace

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["call", "key", "workspace"]

SHORT = HELLO | {"steps": [HELLO["steps"][0], HELLO["steps"][2]]}


def inhabit(call: Call, client: Client) -> None:
    people(client, "ann", "ben")
    live(call)
    call("POST", "/journeys/hello/enroll", {"customers": ["ann", "ben"]})
    call("POST", "/sandbox/settle")
    call("PUT", "/journeys/hello", {"revision": 1, "document": SHORT})


def test_the_plan_of_a_first_version_adds_everything(call: Call) -> None:
    call("PUT", "/journeys/hello", {"revision": None, "document": HELLO})
    found = call("POST", "/journeys/hello/plan")
    assert found["steps"] == [
        {"id": id, "change": "added", "standing": 0, "goes_to": None, "confirm": False}
        for id in ("mail", "pause", "again")
    ]
    assert [each["code"] for each in found["problems"]] == ["no_holdout"]
    assert call("POST", "/journeys/hello/publish", {"move": {}})["version"] == 1
    call("POST", "/journeys/other/plan", status=404)


def test_the_plan_counts_who_stands_where_and_says_where_they_go(
    call: Call, client: Client
) -> None:
    inhabit(call, client)
    found = call("POST", "/journeys/hello/plan")
    assert found["steps"] == [
        {"id": "mail", "change": "same", "standing": 0, "goes_to": "mail", "confirm": False},
        {"id": "pause", "change": "removed", "standing": 2, "goes_to": "again", "confirm": True},
        {"id": "again", "change": "same", "standing": 0, "goes_to": "again", "confirm": False},
    ]
    told = call("POST", "/journeys/hello/plan", {"move": {"pause": "stay"}})
    assert (told["steps"][1]["goes_to"], told["steps"][1]["confirm"]) == ("stay", False)
    assert call("GET", "/journeys/hello")["version"] == 1


def test_a_draft_that_cannot_be_read_has_problems_and_no_plan(call: Call) -> None:
    live(call)
    broken = "journey: hello\nenter: {on: [{event: A}]}\nsteps:\n  - id: a\n    wait: soon\n"
    call("PUT", "/journeys/hello", {"revision": 1, "document": broken})
    found = call("POST", "/journeys/hello/plan")
    assert (found["steps"], found["problems"][0]["path"]) == ([], "steps[a].wait")


def test_moving_people_takes_a_confirmation(call: Call, client: Client) -> None:
    inhabit(call, client)
    refused = call("POST", "/journeys/hello/publish", {"note": "shorter"}, status=409)
    assert (refused["code"], "confirm: true" in refused["message"]) == ("unconfirmed", True)
    assert refused["plan"]["steps"] == call("POST", "/journeys/hello/plan")["steps"]
    body = {"note": "shorter", "confirm": True}
    assert call("POST", "/journeys/hello/publish", body)["version"] == 2
    call("POST", "/sandbox/settle")
    found = call("GET", "/sandbox/inbox")["items"]
    assert sorted(each["subject"] for each in found) == ["Again", "Again", "Hello", "Hello"]
    assert call("GET", "/journeys/hello/report")["totals"]["completed"] == 2


def test_a_move_may_send_them_out(call: Call, client: Client) -> None:
    inhabit(call, client)
    body = {"move": {"pause": "leave"}, "confirm": True}
    call("POST", "/journeys/hello/publish", body)
    totals = call("GET", "/journeys/hello/report")["totals"]
    assert (totals["left"], totals["active"]) == (2, 0)
    customer = call("GET", "/customers/user_id:ann")
    assert [each["status"] for each in customer["journeys"]] == ["left"]


@pytest.mark.parametrize(
    ("move", "path"),
    [({"pose": "again"}, "move.pose"), ({"pause": "agian"}, "move.pause"), ({"pause": 5}, "move")],
)
@pytest.mark.parametrize("route", ["plan", "publish"])
def test_a_move_that_cannot_be_is_named(
    route: str, move: dict[str, Any], path: str, call: Call, client: Client
) -> None:
    inhabit(call, client)
    refused = call("POST", f"/journeys/hello/{route}", {"move": move, "confirm": True}, status=422)
    assert refused["problems"][0]["path"].startswith(path)
    assert call("GET", "/journeys/hello")["version"] == 1


def test_an_old_version_becomes_the_draft_again(call: Call, client: Client) -> None:
    inhabit(call, client)
    call("POST", "/journeys/hello/publish", {"confirm": True})
    call("POST", "/journeys/hello/restore", {"version": 1, "revision": 1}, status=409)
    call("POST", "/journeys/hello/restore", {"version": 9, "revision": 2}, status=404)
    call("POST", "/journeys/hello/restore", {"version": 0, "revision": 2}, status=422)
    found = call("POST", "/journeys/hello/restore", {"version": 1, "revision": 2})
    assert (found["revision"], found["version"], found["document"]) == (3, 2, HELLO)
    assert call("POST", "/journeys/hello/publish")["version"] == 3


def test_what_fell_due_during_a_pause_may_leave(call: Call, client: Client) -> None:
    people(client, "ann")
    live(call)
    call("POST", "/journeys/hello/enroll", {"customers": ["ann"]})
    call("POST", "/sandbox/settle")
    call("POST", "/journeys/hello/pause", {"clock": "run"})
    call("POST", "/sandbox/clock", {"advance": "3d"})
    call("POST", "/journeys/hello/resume", {"overdue": "never"}, status=422)
    call("POST", "/journeys/hello/resume", {"overdue": "leave"})
    assert call("GET", "/journeys/hello/report")["totals"]["left"] == 1
