"""Reading documents: every wrong form is told with its place."""

from __future__ import annotations

from typing import Any

import pytest

from journeys.core.document import parse
from journeys.core.problem import DocumentError
from tests.core.journeys.documents import CART, DE, MAIL, VIP, form_problems, raw, told


def wait(form: Any) -> dict[str, Any]:
    return raw({"id": "a", "wait": form})


TRIGGER = {"enter": {"on": {"api": True}}}


@pytest.mark.parametrize(
    ("source", "path", "code", "word"),
    [
        ("just text", "", "wrong_type", "just text"),
        ("", "", "wrong_type", "nothing"),
        (raw(titel="x"), "titel", "unknown_key", "“title”"),
        (raw(title=5), "title", "wrong_type", "text"),
        (raw(title="x" * 300), "title", "invalid", "200"),
        (raw(**{"class": "marketting"}), "class", "invalid", "“marketing”"),
        (raw(priority=101), "priority", "invalid", "0 to 100"),
        (raw(priority=True), "priority", "wrong_type", "true"),
        (raw(enter=[]), "enter", "wrong_type", "a list"),
        (raw(enter={"on": "Signed Up"}), "enter.on", "wrong_type", "Signed Up"),
        (raw(enter={"on": ["X"]}), "enter.on[0]", "wrong_type", "“X”"),
        (raw(enter={"on": {}}), "enter.on", "missing", "event, stage"),
        (raw(enter={"on": {"evnt": "X"}}), "enter.on.evnt", "unknown_key", "“event”"),
        (
            raw(enter={"on": {"segment": "vip", "change": "gone"}}),
            "enter.on.change",
            "invalid",
            "gone",
        ),
        (raw(enter={"on": {"date": 5}}), "enter.on.date", "wrong_type", "text"),
        (raw(enter={"on": {"date": "b", "offset": "5"}}), "enter.on.offset", "invalid", "unit"),
        (raw(enter={"on": {"date": "b", "at": "late"}}), "enter.on.at", "invalid", "in quotes"),
        (raw(enter={"on": {"date": "b", "yearly": 1}}), "enter.on.yearly", "wrong_type", "true"),
        (raw(enter={"on": {"event": "X", "api": True}}), "enter.on.api", "ambiguous", "both"),
        (raw(enter={"on": {"event": "X", "wher": {}}}), "enter.on.wher", "unknown_key", "where"),
        (raw(enter={"on": {"event": "X", "where": "v"}}), "enter.on.where", "wrong_type", "gte"),
        (raw(enter={"on": {"schedule": "soon"}}), "enter.on.schedule", "invalid", "2026-12-01"),
        (
            raw(enter={"on": {"schedule": "2026-12-01T10:00Z", "local": True}}),
            "enter.on.schedule",
            "ambiguous",
            "offset",
        ),
        (raw(enter={"on": {"cron": "0 10 * *"}}), "enter.on.cron", "invalid", "5 fields"),
        (
            raw(enter={"on": {"cron": "* * * * *", "local": True}}),
            "enter.on.local",
            "unknown_key",
            "",
        ),
        (raw(enter={"on": {"api": False}}), "enter.on.api", "invalid", "api: true"),
        (raw(enter={**TRIGGER["enter"], "again": "often"}), "enter.again", "invalid", "always"),
        (raw(enter={**TRIGGER["enter"], "again": {}}), "enter.again.after", "missing", "7d"),
        (
            raw(enter={**TRIGGER["enter"], "again": {"after": "7"}}),
            "enter.again.after",
            "invalid",
            "2h",
        ),
        (
            raw(enter={**TRIGGER["enter"], "again": {"after": "7d", "x": 1}}),
            "enter.again.x",
            "unknown_key",
            "after",
        ),
        (raw(enter={**TRIGGER["enter"], "holdout": 100.5}), "enter.holdout", "invalid", "100.5"),
        (raw(enter={**TRIGGER["enter"], "holdout": 0.005}), "enter.holdout", "invalid", "two dec"),
        (raw(enter={**TRIGGER["enter"], "if": "vip"}), "enter.if", "wrong_type", "country"),
        (raw(enter={**TRIGGER["enter"], "limit": 3}), "enter.limit", "unknown_key", ""),
        (raw(leave={"on": {"event": "X", "x": 1}}), "leave.on.x", "unknown_key", ""),
        (raw(leave={"when": VIP}), "leave.when", "unknown_key", "on"),
        (raw(goal={"event": "X", "within": "0s"}), "goal.within", "invalid", "7d"),
        (raw(goal={"event": "X", "withn": "1d"}), "goal.withn", "unknown_key", "within"),
        (raw(steps={}), "steps", "wrong_type", "list of steps"),
        (raw("hello"), "steps[0]", "wrong_type", "mapping"),
        (raw({"id": "a"}), "steps[a]", "missing", "wait, wait_for"),
        (raw({"id": "a", "wiat": "1h"}), "steps[a].wiat", "unknown_key", "“wait”"),
        (raw({"id": "a", "wait": "1h", "leave": "x"}), "steps[a].leave", "ambiguous", "two steps"),
        (raw({"id": "a", "enroll": 5}), "steps[a].enroll", "wrong_type", "text"),
        (raw({"id": "a", "wait": "1h", "thn": "b"}), "steps[a].thn", "unknown_key", "“then”"),
        (raw({"id": 5, "wait": "1h"}), "steps[0].id", "wrong_type", "5"),
        (raw({"id": "a", "wait": "an hour"}), "steps[a].wait", "invalid", "2h"),
        (raw({"id": "a", "wait": "-1h"}), "steps[a].wait", "invalid", "2h"),
        (raw({"id": "a", "wait": 60}), "steps[a].wait", "invalid", "2h"),
        (wait({"until": "25:00"}), "steps[a].wait.until", "invalid", "in quotes"),
        (wait({"until": 540}), "steps[a].wait.until", "invalid", "in quotes"),
        (wait({"until": "9:00", "on": "monday"}), "steps[a].wait.on", "invalid", "“monday”"),
        (wait({"until": "9:00", "at": "9:00"}), "steps[a].wait.at", "unknown_key", "“at”"),
        (wait({"window": "9:00"}), "steps[a].wait.window", "invalid", "two times"),
        (wait({"window": "9:00-24:30"}), "steps[a].wait.window", "invalid", "two times"),
        (wait({"date": ""}), "steps[a].wait.date", "missing", "attribute"),
        (wait({"date": "a", "offset": "soon"}), "steps[a].wait.offset", "invalid", "unit"),
        (wait({"date": "a", "if_past": "no"}), "steps[a].wait.if_past", "invalid", "“no”"),
        (wait({"date": "a", "until": "9:00"}), "steps[a].wait", "unknown_key", "two waits"),
        (wait({"best_time": "5m"}), "steps[a].wait.best_time", "invalid", "1h to 7d"),
        (wait({"when": "1d"}), "steps[a].wait", "unknown_key", "no form of wait"),
        (wait({}), "steps[a].wait", "unknown_key", "2h"),
        (raw({"wait": "1 h"}), "steps[0].wait", "invalid", "2h"),
        (raw({"id": "a", "wait_for": "X"}), "steps[a].wait_for", "wrong_type", "timeout"),
        (
            raw({"id": "a", "wait_for": {"any": [{"event": "X", "if": VIP}]}}),
            "steps[a].wait_for.any[0].if",
            "ambiguous",
            "two cases",
        ),
        (
            raw({"id": "a", "wait_for": {"if": VIP, "then": "b", "timeout": "1d"}}),
            "steps[a].wait_for.then",
            "ambiguous",
            "any",
        ),
        (
            raw({"id": "a", "wait_for": {"any": [], "timeout": "ever"}}),
            "steps[a].wait_for.timeout",
            "invalid",
            "2h",
        ),
        (
            raw({"id": "a", "wait_for": {"any": [], "since": "start"}}),
            "steps[a].wait_for.since",
            "invalid",
            "entry, step",
        ),
        (raw({"id": "a", "wait_for": {"first": []}}), "steps[a].wait_for.first", "unknown_key", ""),
        (
            raw({"id": "a", "branch": [{"if": DE, "else": "b"}]}),
            "steps[a].branch[0].else",
            "unknown_key",
            "",
        ),
        (raw({"id": "a", "branch": "x"}), "steps[a].branch", "wrong_type", "a list|list of"),
        (
            raw({"id": "a", "branch": [{"if": DE}], "else": "b", "then": "c"}),
            "steps[a].then",
            "ambiguous",
            "else",
        ),
        (
            raw({"id": "a", "split": [{"arm": "A", "share": "50"}]}),
            "steps[a].split[0].share",
            "wrong_type",
            "50",
        ),
        (
            raw({"id": "a", "split": [{"arm": "A", "share": 33.333}]}),
            "steps[a].split[0].share",
            "invalid",
            "two decimals",
        ),
        (
            raw({"id": "a", "split": [{"arm": "A", "share": 50, "ghost": "yes"}]}),
            "steps[a].split[0].ghost",
            "wrong_type",
            "true or false",
        ),
        (
            raw({"id": "a", "split": [{"arm": "A", "winner": {}}]}),
            "steps[a].split[0].winner",
            "unknown_key",
            "",
        ),
        (raw({"id": "a", "send": "email"}), "steps[a].send", "wrong_type", "channel"),
        (raw({"id": "a", "send": {"channel": [1]}}), "steps[a].send.channel", "wrong_type", "name"),
        (
            raw({"id": "a", "send": {**MAIL, "subjet": "x"}}),
            "steps[a].send.subjet",
            "unknown_key",
            "subject",
        ),
        (raw({"id": "a", "send": {**MAIL, "text": 5}}), "steps[a].send.text", "wrong_type", "5"),
        (
            raw({"id": "a", "send": {**MAIL, "data": "x"}}),
            "steps[a].send.data",
            "wrong_type",
            "map",
        ),
        (
            raw({"id": "a", "send": {**MAIL, "expires": "0s"}}),
            "steps[a].send.expires",
            "invalid",
            "0s",
        ),
        (
            raw({"id": "a", "send": {**MAIL, "on_skip": "x"}}),
            "steps[a].send.on_skip",
            "invalid",
            "",
        ),
        (
            raw({"id": "a", "send": {**MAIL, "variants": {}}}),
            "steps[a].send.variants",
            "invalid",
            "",
        ),
        (
            raw({"id": "a", "send": {**MAIL, "variants": {"A": "x"}}}),
            "steps[a].send.variants.A",
            "wrong_type",
            "",
        ),
        (
            raw({"id": "a", "send": {**MAIL, "variants": {"A": {"x": 1}}}}),
            "steps[a].send.variants.A.x",
            "unknown_key",
            "",
        ),
        (raw({"id": "a", "update": []}), "steps[a].update", "wrong_type", "vip"),
        (raw({"id": "a", "update": {"set": []}}), "steps[a].update.set", "wrong_type", "vip"),
        (raw({"id": "a", "update": {"add": {}}}), "steps[a].update.add", "unknown_key", "set"),
        (
            raw({"id": "a", "update": {"subscribe": {"channel": "email", "list": "x"}}}),
            "steps[a].update.subscribe.list",
            "unknown_key",
            "",
        ),
        (raw({"id": "a", "leave": 5}), "steps[a].leave", "wrong_type", "5"),
    ],
)
def test_a_wrong_form_is_told_with_its_place(source: Any, path: str, code: str, word: str) -> None:
    problems = form_problems(source)
    assert (path, code) in told(problems)
    message = next(each.message for each in problems if each.path == path)
    assert any(part in message for part in word.split("|"))


def test_all_wrong_forms_are_told_at_once() -> None:
    problems = form_problems(raw({"id": "a", "wait": "x"}, {"id": "b", "wait": "y"}, title=1))
    assert told(problems) == [
        ("title", "wrong_type"),
        ("steps[a].wait", "invalid"),
        ("steps[b].wait", "invalid"),
    ]


def test_yaml_problems_carry_their_lines() -> None:
    text = CART.replace("wait: 1h", "wait: soon").replace("share: 45, then: mail_b", "share: x")
    with pytest.raises(DocumentError) as caught:
        parse(text)
    lines = {each.path: each.line for each in caught.value.problems}
    assert lines == {"steps[pause].wait": 21, "steps[test].split[1].share": 25}


def test_a_place_that_the_text_does_not_have_gets_the_line_above_it() -> None:
    text = "journey: a\nsteps:\n  - wait: 1 h\n  - id: b\n    branch: [{if: 5}]\n"
    assert [(each.path, each.line) for each in form_problems(text)] == [
        ("steps[0].wait", 3),
        ("steps[b].branch[0].if", 5),
    ]
    assert [each.line for each in form_problems("journey: a\ngoal:\n  within: x")] == [3]
    again = "journey: a\nenter:\n  again: {}\n"
    assert [(each.path, each.line) for each in form_problems(again)] == [("enter.again.after", 3)]
    assert form_problems("[1]")[0].line == 1
