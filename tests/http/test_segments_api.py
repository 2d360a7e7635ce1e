"""The segment routes: saved by revision, read, previewed, listed, kept while they are needed."""

from typing import Any

import pytest

from profiles.operations import membership
from profiles.queries import clock
from tests.database.calls import identify, take, track, user
from tests.http.test_customers import Ask, ask, key

__all__ = ["ask"]

pytestmark = pytest.mark.django_db(transaction=True)

BUYERS = {"event": "Order Completed", "count": {"gte": 1}, "within": "9000d"}


def put(ask: Ask, slug: str, **given: Any) -> tuple[int, Any]:
    return ask("PUT", f"/segments/{slug}", {"condition": BUYERS, "revision": None, **given})  # type: ignore[no-any-return]


def fill() -> None:
    while membership.work(now=clock.now()):
        pass


@pytest.fixture
def people() -> None:
    take(
        identify("ann", email="ann@a.cz", country="DE"),
        identify("ben", country="DE"),
        identify("cat", country="FR", phone="+491701234567"),
        track("ann", "Order Completed"),
        track("cat", "Order Completed"),
    )


def test_a_segment_is_made_filled_and_read(ask: Ask, people: None) -> None:
    status, made = put(ask, "buyers", title="Buyers")
    assert (status, made["revision"], made["filled"], made["size"]) == (200, 1, False, 0)
    fill()
    status, found = ask("GET", "/segments/buyers")
    assert status == 200
    assert found == {
        **made, "filled": True, "size": 2, "updated_at": found["updated_at"],
        "words": "did “Order Completed” within the last 9,000 days",
    }  # fmt: skip
    assert ask("GET", "/segments")[1] == {"items": [found], "next": None}
    status, first = ask("GET", "/segments/buyers/members?limit=1")
    assert [each["customer"] for each in first["items"]] == [user("ann")]
    rest = ask("GET", f"/segments/buyers/members?limit=1&cursor={first['next']}")[1]
    assert [each["customer"] for each in rest["items"]] == [user("cat")]
    view = ask("GET", f"/customers/{user('ann')}")[1]
    assert [each["segment"] for each in view["segments"]] == ["buyers"]


def test_a_preview_counts_reach_and_what_each_rule_leaves_out(ask: Ask, people: None) -> None:
    condition = {"all": [BUYERS, {"attribute": "country", "eq": "DE"}]}
    status, found = ask("POST", "/segments/preview", {"condition": condition})
    assert status == 200
    assert (found["count"], found["exact"], found["sample"]) == (1, True, [user("ann")])
    assert (found["reachable"]["email"], found["reachable"]["sms"]) == (1, 0)
    assert found["dropped_by_rule"] == [
        {"rule": "did “Order Completed” within the last 9,000 days", "customers": 1},
        {"rule": "country is “DE”", "customers": 1},
    ]
    assert ask("GET", "/segments")[1]["items"] == []


def test_saving_goes_by_revision(ask: Ask) -> None:
    assert put(ask, "buyers")[0] == 200
    assert put(ask, "buyers")[0] == 409
    status, saved = put(ask, "buyers", revision=1, title="Mine")
    assert (status, saved["revision"], saved["title"]) == (200, 2, "Mine")
    assert put(ask, "other", revision=4)[0] == 404


@pytest.mark.parametrize(
    ("slug", "condition", "path"),
    [
        ("a", {"segment": "none"}, "condition.segment"),
        ("a", {"event": 5}, "condition.event"),
        ("a", {}, "condition"),
    ],
)
def test_a_faulty_condition_is_refused_at_its_place(
    ask: Ask, slug: str, condition: Any, path: str
) -> None:
    for answer in (
        put(ask, slug, condition=condition),
        ask("POST", "/segments/preview", {"condition": condition}),
    ):
        status, found = answer
        assert (status, found["code"]) == (422, "invalid")
        assert [each["path"] for each in found["problems"]] == [path]


def test_what_is_not_there_is_said(ask: Ask) -> None:
    for method, path in (
        ("GET", "/segments/no"), ("DELETE", "/segments/no"), ("GET", "/segments/no/members"),
    ):  # fmt: skip
        status, found = ask(method, path)
        assert (status, found["message"]) == (404, "There is no segment no.")


def test_a_segment_is_deleted_when_nothing_needs_it(ask: Ask) -> None:
    put(ask, "buyers")
    put(ask, "few", condition={"segment": "buyers"})
    assert ask("DELETE", "/segments/buyers")[0] == 409
    assert ask("DELETE", "/segments/few") == (200, {"segment": "few", "deleted": True})
    assert ask("DELETE", "/segments/buyers")[0] == 200


def test_reading_takes_no_right_to_write(ask: Ask) -> None:
    reader = key("read")
    put(ask, "buyers")
    assert ask("GET", "/segments", key=reader)[0] == 200
    assert ask("POST", "/segments/preview", {"condition": BUYERS}, key=reader)[0] == 200
    assert ask("PUT", "/segments/x", {"condition": BUYERS}, key=reader)[0] == 403
    assert ask("DELETE", "/segments/buyers", key=reader)[0] == 403
