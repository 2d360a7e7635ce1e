"""The message routes of the management API and the sandbox's inbox."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from channels.models import Message
from channels.operations.dispatch import dispatch
from profiles.operations.access import create_key
from tests.database import letters
from tests.database.letters import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.MIDDLEWARE = []


@pytest.fixture
def api(client: Client) -> Client:
    key = create_key(name="tests", kind="api", scopes=["read", "write"], now=NOW)
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    return client


def test_messages_are_listed_newest_first_and_paged(api: Client) -> None:
    people = letters.customers(3)
    letters.enqueue(people)
    dispatch(now=NOW)
    first = api.get("/api/v1/messages", {"limit": 2}).json()
    assert [item["customer"] for item in first["items"]] == people[:0:-1]
    rest = api.get("/api/v1/messages", {"limit": 2, "cursor": first["next"]}).json()
    assert [item["customer"] for item in rest["items"]] == people[:1]
    assert rest["next"] is None


def test_messages_are_narrowed_by_what_is_asked(api: Client) -> None:
    people = letters.customers(2)
    letters.enqueue(people)
    letters.enqueue(people[:1], journey="late", step="x", send_after=NOW + dt.timedelta(days=9))
    dispatch(now=NOW)
    for query, count in (
        (f"customer={people[0]}", 2),
        ("journey=late", 1),
        ("status=sent", 2),
        (f"customer={people[1]}&status=queued", 0),
    ):
        assert len(api.get(f"/api/v1/messages?{query}").json()["items"]) == count


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"status": "lost"}, 400, "invalid"),
        ({"customer": "email:nobody@example.com"}, 404, "not_found"),
        ({"cursor": "-1"}, 400, "invalid_cursor"),
        ({"cursor": "9" * 30}, 400, "invalid_cursor"),
        ({"limit": 0}, 422, "invalid"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(
    api: Client, query: dict[str, Any], status: int, code: str
) -> None:
    answer = api.get("/api/v1/messages", query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_without_a_key_nothing_is_shown(client: Client) -> None:
    assert client.get("/api/v1/messages").status_code == 401
    assert client.get("/api/v1/sandbox/inbox").status_code == 401


def test_the_inbox_shows_what_would_have_been_sent_until_it_is_emptied(api: Client) -> None:
    people = letters.customers(2)
    letters.enqueue(people)
    dispatch(now=NOW)
    items = api.get("/api/v1/sandbox/inbox").json()["items"]
    assert [item["to"] for item in items] == ["c1@example.com", "c2@example.com"]
    assert items[0]["subject"] == "Hello C1"
    first = api.get("/api/v1/sandbox/inbox", {"limit": 1}).json()
    rest = api.get("/api/v1/sandbox/inbox", {"cursor": first["next"]}).json()
    assert [item["customer"] for item in rest["items"]] == people[1:]
    assert api.delete("/api/v1/sandbox/inbox").status_code == 204
    assert api.get("/api/v1/sandbox/inbox").json() == {"items": [], "next": None}
    assert len(api.get("/api/v1/messages").json()["items"]) == 2


def test_outside_the_sandbox_there_is_no_inbox(api: Client, settings: Any) -> None:
    settings.SOJOURN_SANDBOX = False
    assert api.get("/api/v1/sandbox/inbox").status_code == 403
    assert api.delete("/api/v1/sandbox/inbox").status_code == 403


def _stopped(status: str, count: int = 1) -> list[str]:
    ids = letters.enqueue(letters.customers(count))
    Message.objects.filter(pk__in=ids).update(status=status)
    return [str(uid) for uid in Message.objects.filter(pk__in=ids).values_list("uid", flat=True)]


def _resolve(api: Client, path: str, **body: Any) -> Any:
    return api.post(f"/api/v1/messages/{path}", body, content_type="application/json")


@pytest.mark.parametrize(
    ("action", "status"), [("sent", "sent"), ("resend", "queued"), ("drop", "failed")]
)
def test_a_message_that_stopped_is_decided_about_once(
    api: Client, action: str, status: str
) -> None:
    [uid] = _stopped("unknown")
    answer = _resolve(api, f"{uid}/resolve", action=action).json()
    assert answer["status"] == status
    assert answer["attempts"][0]["detail"] == f"{action}: api"
    again = _resolve(api, f"{uid}/resolve", action="sent")
    assert (again.status_code, again.json()["status"]) == (409, status)
    assert f"is {status} by now" in again.json()["message"]


def test_a_message_that_does_not_exist_is_not_decided_about(api: Client) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    assert _resolve(api, f"{nobody}/resolve", action="drop").status_code == 404


def test_many_messages_are_decided_about_with_their_count(api: Client) -> None:
    _stopped("unknown", 3)
    body = {"action": "resend", "status": "unknown", "journey": "cart"}
    assert _resolve(api, "resolve", **body, limit=2).json() == {"resolved": 2}
    assert _resolve(api, "resolve", **{**body, "journey": "x"}).json() == {"resolved": 0}
    assert _resolve(api, "resolve", **body).json() == {"resolved": 1}
    assert letters.statuses() == {"queued": 3}


@pytest.mark.parametrize(
    "body",
    [{"action": "sent", "status": "failed"}, {"action": "drop", "status": "expired"},
     {"action": "resend", "status": "sent"}, {"action": "burn", "status": "unknown"}],
)  # fmt: skip
def test_a_decision_that_cannot_be_is_refused(api: Client, body: dict[str, str]) -> None:
    assert _resolve(api, "resolve", **body).status_code == 422
