"""A journey asks another system, waits for its answer, and goes by it."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as known

from channels.adapters import caller
from channels.models import Call
from channels.operations import calls
from channels.operations.dispatch import rehearse
from config import settle, why
from journeys.models import Journey
from journeys.operations import match, publish
from journeys.queries.explain import explain
from profiles.core.events import Incoming
from tests.emulators.receiver import Receiver
from tests.world import World

JOURNEY = """
journey: scoring
class: transactional
enter: {on: {event: Signed Up}, again: always}
leave: {on: {event: Account Closed}}
steps:
  - id: score
    call:
      url: "%s/score/{{ customer.user_id }}?plan={{ entry.plan }}"
      headers: {X-Team: growth}
      body: {who: "{{ customer.firstName }}", plan: "{{ entry.plan }}", n: 1}
      save: score
      retries: 2
      timeout: 20s
      on_error: %s
  - id: which
    branch:
      - {if: {context: score.value, gte: 5}, then: good}
      - {if: {attribute: sorry, eq: true}, then: sorry}
    else: poor
  - id: good
    send: {channel: email, subject: "Good: {{ context.score.value }}", text: x}
    then: end
  - id: poor
    send: {channel: email, subject: "Poor: {{ context.score.value|default('?') }}", text: x}
    then: end
  - id: sorry
    send: {channel: email, subject: Sorry, text: x}
"""


LOOP = """
journey: scoring
class: transactional
enter: {on: {event: Signed Up}}
steps:
  - {id: score, call: {url: "%s/score", method: GET, save: score, timeout: 20s}}
  - id: which
    branch: [{if: {context: score.value, gte: 5}, then: good}]
  - {id: again, wait: 1h, then: score}
  - {id: good, send: {channel: email, subject: "Good: {{ context.score.value }}", text: x}}
"""


class Calling(World):
    """Calls are real, everything else is sandbox."""

    def settle(self) -> int:
        return settle.settle(now=self.now, post=rehearse, phone=calls.make)

    def take(self, *incoming: Incoming) -> None:
        """Into the log, and nothing else."""
        self._ingest(list(incoming))

    def later(self, **span: float) -> None:
        self.now += dt.timedelta(**span)
        self.settle()


@pytest.fixture
def world(transactional_db: None, settings: Any) -> Calling:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_GLOBAL_CONTROL = 0
    return Calling()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(known.SOJOURN_CALL_SECRETS[0], {"value": 7}) as emulator:
        yield emulator
    caller.close_all()


def enter(world: World, receiver: Receiver, *names: str, on_error: str = "continue") -> None:
    world.journey(JOURNEY % (receiver.url, on_error))
    world.meet(*names)
    world.together(*(world.call(name, "Signed Up", plan="a/b") for name in names))


def test_the_answer_is_used_in_a_branch_and_in_a_template(
    world: Calling, receiver: Receiver
) -> None:
    receiver.says = lambda request: {"value": 7 if "alice" in request.path else 2}
    enter(world, receiver, "alice", "bob")
    assert world.inbox("alice") == ["email: Good: 7"]
    assert world.inbox("bob") == ["email: Poor: 2"]
    assert world.walk("alice", "scoring").context == {"score": {"value": 7}}
    assert world.reasons("alice", "scoring")[1:4] == [
        "score:call_made", "score:call_answered", "which:branch_taken",
    ]  # fmt: skip


def test_what_is_sent_is_signed_and_rendered(world: Calling, receiver: Receiver) -> None:
    enter(world, receiver, "alice")
    (seen,) = receiver.seen
    assert receiver.is_signed(seen)
    assert (seen.method, seen.path, seen.query) == ("POST", "/score/alice", {"plan": "a/b"})
    assert json.loads(seen.body) == {"who": "Alice", "plan": "a/b", "n": 1}
    assert seen.headers["x-team"] == "growth"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["webhook-id"] == str(Call.objects.get().uid)
    assert int(seen.headers["webhook-timestamp"]) == int(world.now.timestamp())


def test_a_refusal_for_now_is_asked_again_under_the_same_id(
    world: Calling, receiver: Receiver
) -> None:
    receiver.fail("status", status=503, times=1)
    receiver.fail("status", status=429, headers={"Retry-After": "90"}, times=1)
    enter(world, receiver, "alice")
    assert world.inbox("alice") == []
    told = explain(world.id("alice"), Journey.objects.get(), now=world.now)
    assert "waits for the answer of 127.0.0.1" in why.coming(told)
    assert "HTTP 503" in why.coming(told)
    world.later(seconds=10)
    assert len(receiver.ids) == 2
    world.later(seconds=89)
    assert len(receiver.ids) == 2
    world.later(seconds=1)
    assert len(receiver.ids) == 3
    assert len(set(receiver.ids)) == 1
    assert world.inbox("alice") == ["email: Good: 7"]
    assert Call.objects.get().attempts == 3


@pytest.mark.parametrize(
    ("on_error", "inbox", "left"),
    [
        ("continue", ["email: Poor: ?"], ""),
        ("sorry", ["email: Sorry"], ""),
        ("leave", [], "call_failed"),
    ],
)
def test_when_retries_are_used_up_the_customer_goes_on_without_an_answer(
    world: Calling, receiver: Receiver, on_error: str, inbox: list[str], left: str
) -> None:
    receiver.fail("status", status=500)
    enter(world, receiver, "alice", on_error=on_error)
    for _ in range(5):
        world.later(hours=1)
    assert len(receiver.ids) == 3
    assert world.inbox("alice") == inbox
    walk = world.walk("alice", "scoring")
    assert (walk.context, walk.left_reason if walk.status == "left" else "") == ({}, left)
    failed = Call.objects.get()
    assert (failed.status, failed.reason, failed.http_status) == ("failed", "http_500", 500)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"mode": "status", "status": 404}, "http_404"),
        ({"mode": "status", "status": 302, "headers": {"Location": "/elsewhere"}}, "http_302"),
        ({"mode": "status", "status": 200, "body": "<html>"}, "answer_unreadable"),
        ({"mode": "status", "status": 200, "body": "[" + "1," * 40_000}, "answer_too_large"),
    ],
)
def test_what_will_never_be_an_answer_is_final(
    world: Calling, receiver: Receiver, fault: dict[str, Any], reason: str
) -> None:
    receiver.fail(**fault)
    enter(world, receiver, "alice")
    assert world.inbox("alice") == ["email: Poor: ?"]
    assert len(receiver.seen) == 1
    assert Call.objects.get().reason == reason


def test_silence_and_a_cut_connection_are_asked_again(world: Calling, receiver: Receiver) -> None:
    receiver.fail("silent", times=1)
    receiver.fail("drop", times=1)
    document = JOURNEY.replace("retries: 2", "").replace("timeout: 20s", "timeout: 1s")
    world.journey(document % (receiver.url, "continue"))
    world.meet("alice")
    world.does("alice", "Signed Up", plan="x")
    while not world.inbox("alice"):  # a machine that is held up makes further silences
        world.later(hours=1)
    assert len(receiver.ids) >= 3
    assert len(set(receiver.ids)) == 1
    assert world.inbox("alice") == ["email: Good: 7"]


def test_a_ghost_is_not_called_for_and_walks_on(world: Calling, receiver: Receiver) -> None:
    document = JOURNEY.replace("class: transactional", "class: marketing")
    document = document.replace("again: always}", "again: always, holdout: 100}")
    world.journey(document % (receiver.url, "leave"))
    world.meet("alice")
    world.does("alice", "Signed Up", plan="x")
    assert receiver.requests == 0
    assert not Call.objects.exists()
    assert world.withheld("alice") == 1
    assert "score:call_withheld" in world.reasons("alice", "scoring")


def test_who_leaves_meanwhile_is_not_called_for_again(world: Calling, receiver: Receiver) -> None:
    receiver.fail("status", status=503, times=1)
    enter(world, receiver, "alice")
    world.does("alice", "Account Closed")
    world.later(hours=1)
    assert len(receiver.seen) == 1
    assert Call.objects.get().status == "cancelled"
    assert world.inbox("alice") == []


def test_an_answer_that_comes_too_late_moves_nobody(world: Calling, receiver: Receiver) -> None:
    world.journey(JOURNEY % (receiver.url, "continue"))
    world.meet("alice")
    world.take(world.call("alice", "Signed Up", plan="x"))
    match.match(now=world.now)
    assert calls.make(now=world.now) == 1
    world.take(world.call("alice", "Account Closed"))
    match.match(now=world.now)
    world.settle()
    assert world.walk("alice", "scoring").left_reason == "leave_on:Account Closed"
    assert world.inbox("alice") == []
    assert (Call.objects.get().status, Call.objects.get().told) == ("answered", True)


def test_in_a_pause_answers_wait_for_the_journey(world: Calling, receiver: Receiver) -> None:
    receiver.fail("status", status=503, times=1)
    enter(world, receiver, "alice")
    publish.pause("scoring", clock="freeze", now=world.now)
    world.later(hours=1)
    assert len(receiver.seen) == 2
    assert world.walk("alice", "scoring").step == "score"
    publish.resume("scoring", now=world.now)
    world.settle()
    assert world.inbox("alice") == ["email: Good: 7"]


def test_a_new_version_waits_for_the_same_answer(world: Calling, receiver: Receiver) -> None:
    receiver.fail("status", status=503, times=1)
    enter(world, receiver, "alice")
    document = (JOURNEY % (receiver.url, "continue")).replace("Good:", "Fine:")
    world.journey(document.replace("/score/", "/other/"))
    world.later(hours=1)
    assert [request.path for request in receiver.seen] == ["/score/alice", "/score/alice"]
    assert world.inbox("alice") == ["email: Fine: 7"]


def test_a_loop_asks_anew_on_every_visit(world: Calling, receiver: Receiver) -> None:
    numbers = iter([{"value": 1}, {"value": 2}, {"value": 8}])
    receiver.says = lambda _: next(numbers)
    world.journey(LOOP % receiver.url)
    world.meet("alice")
    world.does("alice", "Signed Up")
    world.later(hours=1)
    assert world.walk("alice", "scoring").context == {"score": {"value": 2}}
    world.later(hours=1)
    assert world.inbox("alice") == ["email: Good: 8"]
    assert len(set(receiver.ids)) == 3


def test_what_cannot_be_rendered_has_failed(world: Calling, receiver: Receiver) -> None:
    world.journey((JOURNEY % (receiver.url, "continue")).replace("growth", "'{{ entry.plan }}'"))
    world.meet("alice")
    world.does("alice", "Signed Up", plan="two\nlines")
    assert receiver.requests == 0
    call = Call.objects.get()
    assert (call.status, call.reason) == ("failed", "content_error")
    assert "line break" in call.error
    assert world.inbox("alice") == ["email: Poor: ?"]


def test_in_the_sandbox_nobody_is_called_and_nothing_was_said(
    world: Calling, receiver: Receiver, settings: Any
) -> None:
    settings.SOJOURN_SANDBOX = True
    enter(world, receiver, "alice")
    assert receiver.requests == 0
    assert world.inbox("alice") == ["email: Poor: ?"]
    assert world.walk("alice", "scoring").context == {"score": {}}
    assert (Call.objects.get().status, Call.objects.get().reason) == ("answered", "sandbox")


SCHEDULED = """
journey: scheduled
class: transactional
enter: {on: {schedule: "2026-03-02T10:00:00Z"}}
leave: {if: {context: score.blocked, eq: true}}
steps:
  - {id: score, call: {url: "%s/{{ customer.user_id }}", save: score, timeout: 20s}}
  - id: note
    update: {set: {points: "{{ context.score.value }}"}}
  - id: high
    wait_for: {any: [{if: {context: score.value, gte: 5}, then: mail}, {event: Went}], timeout: 1d}
    then: end
  - {id: mail, send: {channel: email, subject: "High, {{ customer.points }}", text: x}}
"""


def test_rules_waits_and_updates_go_by_what_was_saved_even_without_an_entry_event(
    world: Calling, receiver: Receiver
) -> None:
    receiver.says = lambda request: {
        "value": 9 if "alice" in request.path else 1,
        "blocked": "charlie" in request.path,
    }
    world.journey(SCHEDULED % receiver.url)
    world.meet("alice", "bob", "charlie")
    world.later(hours=1)
    assert world.inbox("alice") == ["email: High, 9"]
    assert [world.walk(name, "scheduled").step for name in ("bob", "charlie")] == ["high", "high"]
    world.together(*(world.call(name, "Looked") for name in ("bob", "charlie")))
    assert world.walk("bob", "scheduled").status == "active"
    assert world.walk("charlie", "scheduled").left_reason == "leave_if"


def test_a_call_follows_its_customer_into_a_merge(world: Calling, receiver: Receiver) -> None:
    receiver.fail("status", status=503, times=1)
    enter(world, receiver, "bob")
    world.meet("alice")
    world.take(
        Incoming(
            call="alias", name="alias", at=world.now, user_id="alice", previous_id="bob",
            message_id="merge",
        )
    )  # fmt: skip
    world.later(hours=1)
    assert Call.objects.get().customer_id == world.id("alice")
    assert world.inbox("alice") == ["email: Good: 7"]
