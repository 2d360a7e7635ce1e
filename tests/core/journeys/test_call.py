"""The step that asks another system: how it is written, what it decides, what it remembers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.core.template import problems as of_template
from journeys.core.check import check
from journeys.core.decisions import Await, Call, Leave
from journeys.core.document import parse
from journeys.core.plan import Plan
from journeys.core.problem import DocumentError, Problem
from journeys.core.replan import Fate
from journeys.core.steps.call import PlannedCall
from journeys.core.walk import Reply
from tests.core.journeys.documents import mail, plan, raw
from tests.core.journeys.test_replan import fate, wait
from tests.core.journeys.walking import DONE, NOW, begun, codes, run, send, state

URL = "https://api.example.com/score/{{ customer.id }}"
ANSWERED = Reply(True, 200, 1, "", {"value": 7})
REFUSED = Reply(False, 503, 6, "It was refused: HTTP 503.")


def call(id: str = "score", /, *, then: str = "", **more: Any) -> dict[str, Any]:
    step = {"id": id, "call": {"url": URL, "save": "score", **more}}
    return {**step, "then": then} if then else step


def problems(**more: Any) -> list[Problem]:
    """What is said about a step with these keys, at reading or by the check."""
    try:
        return list(check(parse(raw(call(**more), mail("hello")))))
    except DocumentError as error:
        return list(error.problems)


def test_a_url_is_enough() -> None:
    found = plan({"id": "score", "call": {"url": URL}}, mail("hello")).step("score")
    assert isinstance(found, PlannedCall)
    assert (found.method, found.headers, found.body, found.save) == ("POST", {}, None, "")
    assert (found.timeout, found.retries, found.leaves) == (timedelta(seconds=10), 5, False)
    assert found.next == found.failed == 1


@pytest.mark.parametrize(
    ("more", "place", "words"),
    [
        ({"url": ""}, "url", "Say whom to call"),
        ({"url": "ftp://example.com/x"}, "url", "https://api.example.com/score"),
        ({"url": "https://{{ entry.host }}/x"}, "url", "behind the host"),
        ({"url": "https://api.example.com{{ entry.evil }}/x"}, "url", "behind the host"),
        ({"url": "https://me:secret@example.com/"}, "url", "its host as it is"),
        ({"url": "https://example.com@10.0.0.1/"}, "url", "its host as it is"),
        ({"url": "//example.com"}, "url", "its host as it is"),
        ({"url": "https://example.com/{{ x"}, "url", "line 1"),
        ({"url": 5}, "url", "text"),
        ({"method": "FETCH"}, "method", "“FETCH”"),
        ({"method": "GET", "body": {"a": 1}}, "body", "no body"),
        ({"headers": "X: y"}, "headers", "mapping"),
        ({"headers": {"X": "a\r\nY: b"}}, "headers.X", "one line"),
        ({"headers": {"X": 5}}, "headers.X", "as text"),
        ({"headers": {"X Y": "5"}}, "headers.X Y", "letters, digits and dashes"),
        ({"headers": {"Host": "internal"}}, "headers.Host", "by itself"),
        ({"headers": {"Content-Length": "0"}}, "headers.Content-Length", "by itself"),
        ({"headers": {"Webhook-Signature": "v1,x"}}, "headers.Webhook-Signature", "by itself"),
        ({"headers": {"X": "1", "x": "2"}}, "headers.x", "twice"),
        ({"headers": {"X": "{{ x"}}, "headers.X", "line 1"),
        ({"body": {"a": ["{{ x"]}}, "body.a[0]", "line 1"),
        ({"save": "my score"}, "save", "letters, digits and `_`"),
        ({"timeout": "500"}, "timeout", "unit"),
        ({"timeout": "21s"}, "timeout", "1s to 20s"),
        ({"timeout": "0s"}, "timeout", "1s to 20s"),
        ({"retries": 11}, "retries", "0 to 10"),
        ({"retries": -1}, "retries", "0 to 10"),
        ({"retries": True}, "retries", "0 to 10"),
        ({"on_error": "nowhere"}, "", "no step “nowhere”"),
        ({"secret": "x"}, "secret", "not known here"),
    ],
)
def test_a_wrong_form_is_told_in_words(more: dict[str, Any], place: str, words: str) -> None:
    try:
        document = parse(raw(call(**more), mail("hello")))
        told = check(document, template_problems=lambda text: of_template(text, "html"))
    except DocumentError as error:
        told = list(error.problems)
    path = f"steps[score].call.{place}" if place else "steps[score]"
    assert [(each.path, words in each.message) for each in told] == [(path, True)]


def test_every_key_has_its_say() -> None:
    found = parse(
        raw(
            call(
                method="PUT",
                headers={"X-Team": "growth"},
                body=["{{ entry.cart_id }}", {"n": 1}],
                timeout="2s",
                retries=0,
                on_error="sorry",
                then="end",
            ),
            mail("sorry"),
        )
    ).steps[0]
    assert found.words() == "Call api.example.com"
    assert [(each.to, each.label) for each in found.exits()] == [("end", ""), ("sorry", "failed")]
    assert problems(on_error="leave") == problems(on_error="continue") == []


def test_the_customer_stays_until_the_answer_is_there() -> None:
    found = plan(call(body={"id": "{{ customer.id }}"}), mail("hello"))
    outcome = run(found, state())
    assert outcome.decisions == (
        Call("score", 1, "POST", URL, {}, {"id": "{{ customer.id }}"}, True,
             timedelta(seconds=10), 5),
        Await((), NOW, None),
    )  # fmt: skip
    assert codes(outcome) == [("score", "call_made")]
    again = run(found, begun("score"))
    assert (again.decisions, again.trace, again.visit) == ((Await((), NOW, None),), (), 1)


def test_an_answer_leads_on() -> None:
    outcome = run(plan(call(), mail("hello")), begun("score", reply=ANSWERED))
    assert outcome.decisions == (send("hello"), DONE)
    assert outcome.trace[0].inputs == {"status": 200, "attempts": 1}


@pytest.mark.parametrize(
    ("on_error", "decided"),
    [
        ("continue", (send("hello"), DONE)),
        ("end", (DONE,)),
        ("hello", (send("hello"), DONE)),
        ("leave", (Leave("call_failed", completed=False),)),
    ],
)
def test_a_failure_goes_its_own_way(on_error: str, decided: tuple[Any, ...]) -> None:
    steps = [call(on_error=on_error, then="hello"), mail("hello")]
    outcome = run(plan(*steps), begun("score", reply=REFUSED))
    assert outcome.decisions == decided
    assert outcome.trace[0].code == "call_failed"
    assert outcome.trace[0].inputs == {"status": 503, "attempts": 6, "error": REFUSED.error}


def test_a_ghost_walks_on_and_nobody_is_asked() -> None:
    found = plan(call(on_error="leave"), mail("hello"))
    outcome = run(found, state(ghost="holdout"))
    assert outcome.decisions == (send("hello", ghost="holdout"), DONE)
    assert codes(outcome)[0] == ("score", "call_withheld")


def test_the_answer_is_remembered_and_a_failure_forgets_an_earlier_one() -> None:
    found = plan(call(), mail("hello")).step("score")
    assert isinstance(found, PlannedCall)
    kept = found.remembered({"other": 1}, ANSWERED)
    assert kept == {"other": 1, "score": {"value": 7}}
    assert found.remembered(kept, REFUSED) == {"other": 1}
    silent = plan(call(save=""), mail("hello")).step("score")
    assert isinstance(silent, PlannedCall)
    assert silent.remembered({"other": 1}, ANSWERED) == {"other": 1}


def branching(condition: dict[str, Any], **top: Any) -> list[Problem]:
    steps = [call(), {"id": "which", "branch": [{"if": condition, "then": "end"}]}, mail("hello")]
    return check(parse(raw(*steps, **top)))


def test_conditions_ask_for_what_some_step_saves() -> None:
    assert branching({"context": "score.value", "gte": 5}) == []
    assert branching({"context": "score.value", "gte": 5}, enter=SCHEDULED) == []
    (told,) = branching({"not": {"context": "scor.value", "gte": 5}})
    assert (told.path, told.code) == ("steps[which].branch[0].if", "unknown_context")
    assert "Did you mean “score”?" in told.message


SCHEDULED = {"on": {"cron": "0 10 * * mon"}, "holdout": 10}


def test_nothing_has_been_saved_at_the_door() -> None:
    audience = {"on": {"event": "X"}, "if": {"context": "score.value", "gte": 5}, "holdout": 10}
    (told,) = branching({"context": "score.value", "gte": 5}, enter=audience)
    assert told.path == "enter.if.context"


def test_a_circle_through_a_call_needs_a_wait() -> None:
    assert check(parse(raw(call(then="score"))))[0].code == "endless_loop"


def test_a_new_version_goes_on_waiting_for_the_answer() -> None:
    assert fate(call("a"), call("a", url="https://other.example.com/")) == Fate("a", "a")
    assert fate(wait("a"), call("a")) == Fate("a", "a", arrives=True)
    assert fate(call("a"), wait("a", "2d")) == Fate("a", "a", within=timedelta(days=2))


def test_answers_are_asked_for_as_far_as_a_ghost_can_walk() -> None:
    choice = {"id": "which", "branch": [{"if": {"context": "score", "eq": 1}, "then": "end"}]}
    found: Plan = plan(call(), choice, mail("hello"))
    assert found.asks("score", begun=False).conditions == (0,)
    assert found.asks("score", begun=True).conditions == (0,)
