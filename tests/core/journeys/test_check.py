"""Publishing is refused for a reason, with the step named; each code has its example."""

from __future__ import annotations

from typing import Any

import pytest

from journeys.core.check import MAX_STEPS, check
from journeys.core.document import parse
from journeys.core.plan import compile
from journeys.core.problem import CODES, DELIVERY, DocumentError
from profiles.core.conditions.vocabulary import Vocabulary
from tests.core.journeys.documents import (
    CART,
    DE,
    MAIL,
    VIP,
    all_problems,
    document,
    mail,
    raw,
    told,
)

KNOWN: dict[str, Any] = {
    "templates": ["welcome"],
    "attributes": ["country", "vip", "address"],
    "journeys": ["welcome"],
    "vocabulary": Vocabulary(channels=frozenset({"email", "sms"})),
    "template_problems": lambda source: ["Line 1: close the braces."] if "{{" in source else [],
}


def found(source: Any, **known: Any) -> list[tuple[str, str]]:
    return told(all_problems(source, **known))


def test_the_abandoned_cart_may_be_published() -> None:
    assert check(parse(CART)) == []


def test_a_sound_document_has_nothing_to_mend_whatever_is_known() -> None:
    assert found(raw(mail("a"), {"id": "b", "branch": [{"if": DE, "then": "end"}]}), **KNOWN) == []


LOOP = {"id": "again", "branch": [{"if": DE, "then": "hello"}]}
BOTH = {"set": {"a": 1}, "unset": ["a"]}
NEWS = {"channel": "email", "topic": "news"}

REFUSED: list[tuple[Any, str, str]] = [
    ("a: [", "", "syntax"),
    ("a: 1\na: 2", "a", "duplicate_key"),
    ({"a": float("nan")}, "a", "not_plain"),
    ("#" * 1_000_001, "", "too_large"),
    (raw(titel="x"), "titel", "unknown_key"),
    (raw(title=5), "title", "wrong_type"),
    (raw({"id": "a", "wait": "1x"}), "steps[a].wait", "invalid"),
    (raw(journey="Abandoned Cart"), "journey", "invalid"),
    (raw(mail("a b")), "steps[a b].id", "invalid"),
    (raw({"id": "a", "wait": {"best_time": "8d"}}), "steps[a].wait.best_time", "invalid"),
    (raw({"id": "a", "wait": {"date": "nobody_has"}}), "steps[a].wait.date", "unknown_attribute"),
    (
        raw({"id": "a", "branch": [{"if": {"context": "nobody.saves", "eq": 1}}]}),
        "steps[a].branch[0].if",
        "unknown_context",
    ),
    (raw({"id": "a", "wait": {"window": "9:00-10:00"}, "then": "a"}), "steps[a]", "endless_loop"),
    (raw({"id": "a", "wait": "1h", "leave": "x"}), "steps[a].leave", "ambiguous"),
    (raw({"id": "a", "send": {**MAIL, "template": "t"}}), "steps[a].send.template", "ambiguous"),
    (
        raw({"id": "a", "send": {**MAIL, "html": "x", "mjml": "x"}}),
        "steps[a].send.html",
        "ambiguous",
    ),
    (raw({"id": "a", "update": BOTH}), "steps[a].update.unset", "ambiguous"),
    (
        raw({"id": "a", "wait_for": {"any": {"event": "X"}, "timeout": "never", "then": "end"}}),
        "steps[a].wait_for.then",
        "ambiguous",
    ),
    (
        raw({"id": "a", "update": {"subscribe": NEWS, "unsubscribe": NEWS}}),
        "steps[a].update.unsubscribe",
        "ambiguous",
    ),
    (raw(journey=""), "journey", "missing"),
    (raw(enter={"on": {"event": ""}}), "enter.on.event", "missing"),
    (raw(enter={"on": {"stage": ""}}), "enter.on.stage", "missing"),
    (raw(enter={"on": {"cron": ""}}), "enter.on", "missing"),
    (raw(leave={"on": {"where": {}}}), "leave.on.event", "missing"),
    (raw(goal={"within": "1d"}), "goal.event", "missing"),
    (raw({"wait": "1h"}), "steps[0]", "missing"),
    (raw({"id": "a", "wait": None}), "steps[a].wait", "missing"),
    (raw({"id": "a", "wait_for": {"timeout": "1d"}}), "steps[a].wait_for.any", "missing"),
    (
        raw({"id": "a", "wait_for": {"any": [{"then": "end"}], "timeout": "1d"}}),
        "steps[a].wait_for.any[0]",
        "missing",
    ),
    (raw({"id": "a", "branch": []}), "steps[a].branch", "missing"),
    (raw({"id": "a", "branch": [{"then": "end"}]}), "steps[a].branch[0].if", "missing"),
    (raw({"id": "a", "split": [{"share": 100}]}), "steps[a].split[0].arm", "missing"),
    (raw({"id": "a", "send": {"text": "x"}}), "steps[a].send.channel", "missing"),
    (raw({"id": "a", "send": {"channel": "sms"}}), "steps[a].send", "missing"),
    (
        raw({"id": "a", "send": {"channel": "email", "text": "x"}}),
        "steps[a].send.subject",
        "missing",
    ),
    (raw({"id": "a", "update": {}}), "steps[a].update", "missing"),
    (raw({"id": "a", "update": {"set": {" ": 1}}}), "steps[a].update.set", "missing"),
    (
        raw({"id": "a", "update": {"subscribe": {"topic": "news"}}}),
        "steps[a].update.subscribe.channel",
        "missing",
    ),
    (raw({"id": "a", "leave": ""}), "steps[a].leave", "missing"),
    (raw(enter={}), "enter.on", "no_trigger"),
    (raw(steps=[]), "steps", "no_steps"),
    (raw(*(mail(f"s{n}") for n in range(MAX_STEPS + 1))), "steps", "too_many_steps"),
    (raw(mail("a"), mail("a")), "steps[a].id", "duplicate_id"),
    (raw(mail("end")), "steps[end].id", "reserved_id"),
    (
        raw({"id": "a", "split": [{"arm": "A", "share": 50}, {"arm": "A", "share": 50}]}),
        "steps[a].split[1].arm",
        "duplicate_arm",
    ),
    (raw(mail("a", then="b")), "steps[a]", "unknown_step"),
    (raw(mail("a", then="c"), mail("b"), mail("c")), "steps[b]", "unreachable"),
    (raw(mail("hello"), LOOP), "steps[hello]", "endless_loop"),
    (raw({"id": "a", "split": [{"arm": "A", "share": 99.99}]}), "steps[a].split", "shares"),
    (raw({"id": "a", "split": []}), "steps[a].split", "shares"),
    (
        raw({"id": "a", "wait_for": {"any": {"event": "X"}}}),
        "steps[a].wait_for.timeout",
        "no_timeout",
    ),
    (
        raw(enter={"on": {"event": "X", "where": {"a": {"like": 1}}}}),
        "enter.on.where.a.like",
        "condition",
    ),
    (
        raw(enter={"on": {"event": "X", "where": {"a": {"is": "entry.a"}}}}),
        "enter.on.where.a.is",
        "condition",
    ),
    (raw(enter={"on": {"event": "X"}, "if": {"attribut": "a"}}), "enter.if.attribut", "condition"),
    (raw(leave={"if": {}}), "leave.if", "condition"),
    (raw(goal={"event": "X", "where": {"a": {}}}), "goal.where.a", "condition"),
    (raw({"id": "a", "branch": [{"if": {"not": []}}]}), "steps[a].branch[0].if.not", "condition"),
    (
        raw({"id": "a", "wait_for": {"any": [{"if": {"stage": "x"}}], "timeout": "1d"}}),
        "steps[a].wait_for.any[0].if.stage",
        "condition",
    ),
    (raw({"id": "a", "send": {**MAIL, "text": "{{ x"}}), "steps[a].send.text", "template"),
    (
        raw({"id": "a", "send": {"channel": "sms", "data": {"a": [{"b": "{{ x"}, 5]}}}),
        "steps[a].send.data.a[0].b",
        "template",
    ),
    (raw({"id": "a", "update": {"set": {"n": "{{ x"}}}), "steps[a].update.set.n", "template"),
    (
        raw({"id": "a", "send": {"channel": "sms", "template": "welcom"}}),
        "steps[a].send.template",
        "unknown_template",
    ),
    (
        raw({"id": "a", "send": {"channel": "fax", "text": "x"}}),
        "steps[a].send.channel",
        "unknown_channel",
    ),
    (
        raw({"id": "a", "update": {"unsubscribe": {"channel": "fax"}}}),
        "steps[a].update.unsubscribe.channel",
        "unknown_channel",
    ),
    (raw(enter={"on": {"lifecycle": "vip"}}), "enter.on.lifecycle", "unknown_segment"),
    (raw(enter={"on": {"stage": "vip"}}), "enter.on.stage", "unknown_stage"),
    (raw(stage="vip"), "stage", "unknown_stage"),
    (
        raw({"id": "a", "branch": [{"if": {"attribute": "contry", "eq": "DE"}, "then": "end"}]}),
        "steps[a].branch[0].if",
        "unknown_attribute",
    ),
    (raw(goal=None), "goal", "no_goal"),
    (raw({"id": "a", "enroll": "welcom"}), "steps[a].enroll", "unknown_journey"),
    (raw({"id": "a", "enroll": ""}), "steps[a].enroll", "missing"),
    (raw(enter={"on": {"api": True}}), "enter.holdout", "no_holdout"),
    (raw(**{"class": "transactional"}), "enter.holdout", "holdout_ignored"),
    (raw({"id": "a", "leave": "x"}, mail("b")), "steps[b]", "after_leave"),
    (raw({"id": "a", "leave": "x", "then": "end"}), "steps[a].then", "after_leave"),
    (raw({"id": "a", "wait": "1d", "then": "a"}), "steps[a]", "never_ends"),
    (raw(enter={"on": {"event": "message.sent"}, "holdout": 5}), "enter.on.event", "self_trigger"),
]


@pytest.mark.parametrize(("source", "path", "code"), REFUSED)
def test_every_problem_is_told_with_its_place(source: Any, path: str, code: str) -> None:
    assert (path, code) in found(source, **KNOWN)


def test_every_code_has_an_example() -> None:
    assert {code for _, _, code in REFUSED} == set(CODES) - DELIVERY


def test_every_message_is_one_sentence_or_two_with_the_remedy() -> None:
    for source, _, _ in REFUSED:
        for each in all_problems(source, **KNOWN):
            assert each.message.endswith((".", "?")), each
            assert len(each.message) < 220, each


def test_the_severity_comes_from_the_table() -> None:
    for source, path, code in REFUSED:
        hits = [
            each for each in all_problems(source, **KNOWN) if (each.path, each.code) == (path, code)
        ]
        assert hits[0].severity == CODES[code]


def test_errors_come_before_warnings() -> None:
    problems = all_problems(raw(mail("a", then="b"), goal=None))
    assert [each.severity for each in problems] == ["error", "warning"]


def test_problems_of_a_yaml_document_carry_lines() -> None:
    problems = all_problems(CART.replace("then: mail_b}", "then: mail_c}"))
    assert [(each.path, each.line) for each in problems] == [("steps[test]", 22)]


def test_a_misspelt_target_names_the_nearest_step() -> None:
    problems = all_problems(raw(mail("pause", then="paus"), mail("other")))
    assert "“pause”" in problems[0].message


@pytest.mark.parametrize(
    "steps",
    [
        [{"id": "a", "wait": "0s", "then": "a"}],
        [{"id": "a", "wait": "0s"}, mail("b", then="a")],
        [{"id": "a", "wait_for": {"any": [{"if": VIP, "then": "a"}], "timeout": "1d"}}],
        [
            {
                "id": "a",
                "wait_for": {
                    "any": [{"event": "X", "then": "a"}],
                    "timeout": "1d",
                    "since": "entry",
                },
            }
        ],
        [
            {
                "id": "a",
                "wait_for": {"any": [{"event": "X", "then": "end"}], "timeout": "0s", "then": "a"},
            }
        ],
        [{"id": "a", "split": [{"arm": "A", "share": 50, "then": "a"}, {"arm": "B", "share": 50}]}],
        [
            {"id": "a", "update": {"set": {"x": 1}}},
            {"id": "b", "branch": [{"if": VIP, "then": "a"}]},
        ],
    ],
)
def test_a_circle_that_need_not_wait_is_refused(steps: list[Any]) -> None:
    assert ("steps[a]", "endless_loop") in found(raw(*steps))


@pytest.mark.parametrize(
    "steps",
    [
        [{"id": "a", "wait": "1s"}, {"id": "b", "branch": [{"if": VIP, "then": "a"}]}],
        [
            {"id": "a", "wait_for": {"any": [{"event": "X", "then": "a"}], "timeout": "1d"}},
        ],
        [
            mail("a"),
            {
                "id": "b",
                "wait_for": {"any": [{"event": "X", "then": "end"}], "timeout": "1d", "then": "a"},
            },
        ],
    ],
)
def test_a_circle_that_passes_a_wait_is_allowed(steps: list[Any]) -> None:
    assert found(raw(*steps)) == []


def test_every_knot_is_told_once() -> None:
    steps = [
        {"id": "a", "branch": [{"if": VIP, "then": "b"}]},
        {"id": "b", "branch": [{"if": VIP, "then": "a"}]},
        {"id": "c", "branch": [{"if": VIP, "then": "c"}]},
        {"id": "d", "branch": [{"if": VIP, "then": "b"}]},
    ]
    problems = [each for each in all_problems(raw(*steps)) if each.code == "endless_loop"]
    assert [each.path for each in problems] == ["steps[a]", "steps[c]"]
    assert problems[0].message.startswith("a → b → a turns")


def test_a_wait_for_that_never_times_out_may_strand_customers() -> None:
    steps = [{"id": "a", "wait_for": {"any": [{"event": "X", "then": "a"}], "timeout": "never"}}]
    assert found(raw(*steps)) == [("steps[a]", "never_ends")]


def test_a_missing_time_out_hides_no_steps() -> None:
    steps = [{"id": "a", "wait_for": {"any": [{"event": "X", "then": "end"}]}}, mail("b")]
    assert found(raw(*steps)) == [("steps[a].wait_for.timeout", "no_timeout")]


def test_steps_after_a_leave_that_others_jump_to_are_fine() -> None:
    steps = [
        {"id": "a", "branch": [{"if": VIP, "then": "c"}]},
        {"id": "b", "leave": "x"},
        mail("c"),
    ]
    assert found(raw(*steps)) == []


def test_a_ghost_arm_is_a_control_group_too() -> None:
    split = {
        "id": "a",
        "split": [{"arm": "A", "share": 50}, {"arm": "c", "share": 50, "ghost": True}],
    }
    assert found(raw(split, enter={"on": {"api": True}})) == []


@pytest.mark.parametrize(
    ("trigger", "steps", "feeds"),
    [
        ({"event": "journey.entered"}, [mail("a")], True),
        ({"event": "journey.left", "where": {"journey": {"eq": "other"}}}, [mail("a")], False),
        ({"event": "journey.converted"}, [mail("a")], True),
        ({"event": "message.opened"}, [{"id": "a", "wait": "1h"}], False),
        ({"event": "consent.changed"}, [mail("a")], False),
        ({"event": "consent.changed"}, [{"id": "a", "update": {"subscribe": NEWS}}], True),
        ({"api": True}, [mail("a")], False),
    ],
)
def test_a_journey_that_could_start_itself_is_told(
    trigger: dict[str, Any], steps: list[Any], feeds: bool
) -> None:
    problems = found(raw(*steps, enter={"on": trigger, "holdout": 5}))
    assert (("enter.on.event", "self_trigger") in problems) is feeds


def test_a_conversion_is_no_event_of_a_journey_without_a_goal() -> None:
    enter = {"on": {"event": "journey.converted"}, "holdout": 5}
    assert ("enter.on.event", "self_trigger") not in found(raw(goal=None, enter=enter))


def test_a_journey_that_starts_by_the_clock_has_no_entry_event() -> None:
    leave = {"on": {"event": "X", "where": {"a": {"is": "entry.a"}}}}
    assert found(raw(leave=leave, enter={"on": {"cron": "0 0 * * *"}, "holdout": 5})) == [
        ("leave.on.where.a.is", "condition")
    ]
    both = {"on": [{"cron": "0 0 * * *"}, {"api": True}], "holdout": 5}
    assert found(raw(leave=leave, enter=both)) == []


def test_a_nested_attribute_is_known_by_its_first_part() -> None:
    step = {"id": "a", "branch": [{"if": {"attribute": "address.city", "eq": "x"}, "then": "end"}]}
    assert found(raw(step), **KNOWN) == []


def test_text_without_a_template_is_not_compiled() -> None:
    calls: list[str] = []

    def compiles(source: str) -> list[str]:
        calls.append(source)
        return []

    send = {"channel": "email", "subject": "plain", "text": "{% if a %}", "html": "{# b #}"}
    assert found(raw({"id": "a", "send": send}), template_problems=compiles) == []
    assert sorted(calls) == ["{# b #}", "{% if a %}"]


def test_what_is_refused_does_not_compile() -> None:
    with pytest.raises(DocumentError, match="steps\\[a\\]: There is no step “b”"):
        compile(document(mail("a", then="b")))


def test_a_thousand_steps_are_checked_in_reasonable_time() -> None:
    steps = [mail(f"s{n}") for n in range(MAX_STEPS)]
    assert found(raw(*steps)) == []
