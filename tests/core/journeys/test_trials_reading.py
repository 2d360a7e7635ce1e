"""Tests of journeys, read: every wrong form is told with its place, and who walks is chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys.core import source
from journeys.core.document import parse as parse_document
from journeys.core.entry import holdout_salt
from journeys.core.problem import DocumentError
from journeys.core.trials import reading
from journeys.core.trials.casting import NoSuchCustomer, cast
from journeys.core.trials.expectations import KINDS
from journeys.core.trials.reading import Person, Trial, Trials
from profiles.core import draw
from tests.core.journeys.documents import document, mail, raw

SPLIT = {
    "id": "test",
    "split": [
        {"arm": "none", "share": 20, "ghost": True, "then": "end"},
        {"arm": "A", "share": 40, "then": "hello"},
        {"arm": "B", "share": 40, "then": "end"},
    ],
}
VARIANTS = {"X": {"subject": "X"}, "Y": {"subject": "Y"}}
VARIED = {
    "id": "hello",
    "send": {"channel": "email", "text": "x", "variants": VARIANTS},
}


def trial(**changes: Any) -> dict[str, Any]:
    return {
        "name": "a test",
        "customers": {"ann": {"email": "ann@example.com"}},
        "expect": [{"sent": "hello"}],
        **changes,
    }


def trials(*written: Any, **top: Any) -> Trials:
    return reading.parse(source.write({"journey": "a.yaml", "tests": [*written], **top}))


def one(**changes: Any) -> Trial:
    return trials(trial(**changes)).trials[0]


def problems(text: str) -> list[tuple[str, str, str, int | None]]:
    with pytest.raises(DocumentError) as raised:
        reading.parse(text)
    return [(each.path, each.code, each.message, each.line) for each in raised.value.problems]


ANN = {"ann": {}, "bob": {}}
WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    ({"name": None}, "name", "missing", "in a sentence"),
    ({"named": "x"}, "named", "unknown_key", "“name”"),
    ({"customers": None}, "customers", "missing", "ann"),
    ({"customers": {}}, "customers", "missing", "ann"),
    ({"customers": {"ann": 5}}, "customers.ann", "wrong_type", "5"),
    ({"customers": {"ann": {"ghost": "x"}}}, "customers.ann.ghost", "wrong_type", "true"),
    ({"starts": "soon"}, "starts", "invalid", "2026-03-02T09:00:00Z"),
    ({"starts": "2026-03-02T09:00"}, "starts", "invalid", "offset"),
    ({"until": "1 day"}, "until", "invalid", "3d"),
    ({"expect": []}, "expect", "missing", "sent"),
    ({"expect": [{"customer": "ann"}]}, "expect[0]", "missing", "sent, never"),
    ({"expect": [{"send": "x"}]}, "expect[0].send", "unknown_key", "“sent”"),
    ({"expect": [{"sent": "a", "never": "b"}]}, "expect[0].never", "ambiguous", "two lines"),
    ({"expect": [{"sent": "a", "at": "1h", "by": "2h"}]}, "expect[0].by", "ambiguous", "not both"),
    ({"expect": [{"sent": "a", "at": "1h 2"}]}, "expect[0].at", "invalid", "1w"),
    ({"expect": [{"sent": {"stp": "a"}}]}, "expect[0].sent.stp", "unknown_key", "“step”"),
    ({"expect": [{"sent": {"times": 0}}]}, "expect[0].sent.times", "invalid", "from 1 on"),
    ({"expect": [{"sent": {"times": True}}]}, "expect[0].sent.times", "invalid", "whole"),
    ({"expect": [{"customer": "eve", "sent": "a"}]}, "expect[0].customer", "invalid", "“eve”"),
    ({"customers": ANN}, "expect[0].customer", "missing", "which customer"),
    ({"events": [{"evnt": "X"}]}, "events[0]", "missing", "“event”"),
    ({"events": [{"customer": "ann"}]}, "events[0]", "missing", "event, identify, enroll"),
    ({"events": [{"event": "X", "enroll": {}}]}, "events[0].enroll", "ambiguous", "both"),
    ({"events": [{"event": "X", "at": "1h", "after": "1h"}]}, "events[0].after", "ambiguous", "no"),
    ({"events": [{"after": "soon"}]}, "events[0].after", "invalid", "3d"),
    ({"events": [{"at": "2h"}, {"at": "1h"}]}, "events[1].at", "invalid", "comes after 2h"),
    ({"events": [{"at": "2026-03-02T09:00"}]}, "events[0].at", "invalid", "offset"),
    ({"events": [{"event": "X", "props": {}}]}, "events[0].props", "unknown_key", "“properties”"),
]


@pytest.mark.parametrize(("changes", "path", "code", "word"), WRONG)
def test_what_is_wrong_is_told_with_its_place(
    changes: dict[str, Any], path: str, code: str, word: str
) -> None:
    found = problems(source.write({"journey": "a.yaml", "tests": [trial(**changes)]}))
    assert [(each[0], each[1]) for each in found][:1] == [(f"tests[0].{path}", code)]
    assert word in found[0][2]


def test_the_line_is_told_too() -> None:
    text = "journey: a.yaml\ntests:\n- name: x\n  customers: {ann: {}}\n  expect:\n    - {sen: a}\n"
    assert [(line, path) for path, _, _, line in problems(text)] == [(6, "tests[0].expect[0].sen")]


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        ("just text", "", "wrong_type"),
        ("a: [", "", "syntax"),
        ("journey: a.yaml", "tests", "missing"),
        ("tests: []", "journey", "missing"),
        ("journey: a.yaml\ntest: []", "tests", "missing"),
    ],
)
def test_a_file_without_form_is_refused(text: str, path: str, code: str) -> None:
    assert problems(text)[0][:2] == (path, code)


def test_two_tests_need_two_names() -> None:
    text = source.write({"journey": "a.yaml", "tests": [trial(), trial()]})
    assert [each[:2] for each in problems(text)] == [("tests[1].name", "duplicate_key")]


def test_times_count_from_the_start_or_from_the_event_before() -> None:
    found = one(
        starts="2026-03-02T10:00:00+01:00",
        events=[
            {"event": "A"},
            {"after": "1h", "event": "B", "properties": {"x": 1}},
            {"at": "2026-03-02T12:00:00Z", "identify": {"vip": True}},
            {"at": "1d 2h", "enroll": {"plan": "pro"}},
            {"after": "2d"},
        ],
    )
    assert found.starts == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert [
        (each.at, each.does, each.name, dict(each.properties)) for each in found.happenings
    ] == [
        (timedelta(), "event", "A", {}),
        (timedelta(hours=1), "event", "B", {"x": 1}),
        (timedelta(hours=3), "identify", "", {"vip": True}),
        (timedelta(hours=26), "enroll", "", {"plan": "pro"}),
        (timedelta(hours=74), "nothing", "", {}),
    ]


def test_a_test_goes_on_for_thirty_days_or_until_what_is_expected() -> None:
    assert one().until == timedelta(days=30)
    assert one(until="1d").until == timedelta(days=1)
    assert one(expect=[{"sent": "a", "at": "40d"}]).until == timedelta(days=40)
    assert one(expect=[{"sent": "a", "by": "9000d"}]).until == reading.LONGEST


def test_what_is_no_word_of_the_test_is_a_trait() -> None:
    told = {"email": "a@example.com", "vip": True, "ghost": True, "arms": {"test": "A"}}
    (person,) = one(customers={"ann": {**told, "push": True, "unsubscribed": "sms"}}).people
    assert person.traits == {"email": "a@example.com", "vip": True}
    assert (person.ghost, person.push, person.anonymous) == (True, True, False)
    assert (person.arms, person.unsubscribed) == ({"test": "A"}, ("sms",))


def test_every_expectation_can_be_written() -> None:
    values: dict[str, Any] = {
        "sent": {"step": "hello", "channel": "email", "times": 2}, "never": True,
        "withheld": "hello", "skipped": {"reason": "no_consent"}, "entered": False,
        "refused": True, "stands": "hello", "passed": ["hello"], "left": "quiet",
        "completed": True, "enrolled": "b", "converted": True, "attributes": {"vip": True},
    }  # fmt: skip
    assert set(values) == set(KINDS)
    found = one(expect=[{key: value} for key, value in values.items()])
    assert [each.kind for each in found.expected] == list(values)
    fits = trials(trial(customers={"ann": {"arms": {"test": "A"}}}, expect=[{"entered": True}]))
    assert reading.faults(fits, document(SPLIT, mail("hello"))) == []
    assert fits.line("tests[0].expect") > fits.line("tests[0].customers") > 1


@pytest.mark.parametrize(
    ("changes", "path", "word"),
    [
        ({"expect": [{"sent": "helo"}]}, "expect[0].sent", "“hello”"),
        ({"expect": [{"passed": ["hello", "bye"]}]}, "expect[0].passed", "“bye”"),
        ({"expect": [{"stands": "bye"}]}, "expect[0].stands", "“bye”"),
        ({"answers": {"hello": {}}}, "answers", "no call “hello”"),
        ({"customers": {"ann": {"ghost": True}}}, "customers.ann.ghost", "holdout"),
        ({"customers": {"ann": {"arms": {"tst": "A"}}}}, "customers.ann.arms", "“test”"),
        ({"customers": {"ann": {"arms": {"test": "C"}}}}, "customers.ann.arms.test", "“C”"),
        ({"customers": {"ann": {"arms": {"hello": "Z"}}}}, "customers.ann.arms.hello", "“Z”"),
    ],
)
def test_what_does_not_fit_the_journey_is_told(
    changes: dict[str, Any], path: str, word: str
) -> None:
    journey = parse_document(raw(SPLIT, VARIED, enter={"on": {"event": "Signed Up"}}))
    (found,) = reading.faults(trials(trial(**changes)), journey)
    assert found.path == f"tests[0].{path}"
    assert word in found.message
    assert (found.line or 0) > 1


def person(**known: Any) -> Person:
    return Person(name="ann", path="", traits={}, **known)


def arm(customer: int, step: str = "test") -> int:
    return draw.bucket(f"test:{step}", str(customer))


def in_holdout(customer: int) -> bool:
    return draw.drawn(holdout_salt("test"), str(customer), 10)


def test_who_walks_draws_what_the_test_says() -> None:
    journey = document(SPLIT, VARIED)
    plain = cast(person(), journey, after=0)
    assert not in_holdout(plain)
    assert 2000 <= arm(plain) < 6000
    assert arm(plain, "hello") < 5000
    chosen = cast(person(arms={"test": "B", "hello": "Y"}, ghost=True), journey, after=plain)
    assert chosen > plain
    assert in_holdout(chosen)
    assert arm(chosen) >= 6000
    assert arm(chosen, "hello") >= 5000


def test_a_transactional_journey_has_no_holdout_to_avoid() -> None:
    journey = document(mail("hello"), **{"class": "transactional"})
    found = [cast(person(), journey, after=number) for number in range(30)]
    assert found == list(range(1, 31))


def test_in_other_journeys_nobody_is_a_ghost() -> None:
    other = parse_document(raw(journey="other", enter={"on": {"event": "X"}, "holdout": 50}))
    chosen = cast(person(ghost=True), document(), after=0, others=[other])
    assert in_holdout(chosen)
    assert not draw.drawn(holdout_salt("other"), str(chosen), 50)


def test_where_all_arms_are_control_the_first_is_drawn() -> None:
    arms = [{"arm": "none", "share": 100, "ghost": True, "then": "end"}]
    assert cast(person(), document({"id": "test", "split": arms}), after=0)


def test_what_nobody_can_draw_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys.core.trials.casting.MOST", 50)
    arms = [{"arm": "A", "share": 100}, {"arm": "B", "share": 0}]
    with pytest.raises(NoSuchCustomer, match="ann"):
        cast(person(arms={"test": "B"}), document({"id": "test", "split": arms}), after=0)
