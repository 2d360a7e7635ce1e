"""What came and what was expected: silence, or a sentence with both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from journeys.core.reading import Fields
from journeys.core.trials import expectations
from journeys.core.trials.observed import Message, Observed, Reason, Walk, shortened, span
from profiles.core import durations


def ago(text: str) -> timedelta:
    return durations.parse(text)


MICRO = timedelta(microseconds=1)
SEEN = Observed(
    until=ago("30d"),
    messages=[
        Message(ago("1h") + MICRO, "mail", "email", "sent", texts={"subject": "Hello Ann"}),
        Message(ago("2d"), "nudge", "", "skipped", "no_address"),
        Message(ago("3d"), "quiet", "sms", "withheld", texts={"text": "Psst"}),
    ],
    reasons=[
        Reason(ago("0s"), "", "entered"),
        Reason(ago("0s"), "pause", "wait_started", {"wait": "1h"}),
        Reason(ago("1h"), "pause", "wait_over"),
        Reason(ago("1h"), "mail", "message_planned"),
        Reason(ago("5d"), "", "refused_too_soon"),
        Reason(ago("10d"), "pause", "wait_started"),
    ],
    walks=[
        Walk(ago("0s"), "completed", "mail", ago("1h"), converted_at=ago("2h")),
        Walk(ago("10d"), "active", "pause"),
        Walk(ago("12d"), "left", "pause", ago("13d"), "quiet"),
    ],
    attributes={"vip": True, "level": 1},
    elsewhere=[("other", ago("2d"))],
)
NOTHING = Observed(until=ago("1d"))
REFUSED = Observed(until=ago("1d"), reasons=[Reason(ago("1h"), "", "refused_audience")])


def judged(written: dict[str, Any], seen: Observed = SEEN) -> str:
    problems: list[Any] = []
    found = expectations.read(Fields(written, "expect[0]", problems), ["ann"])
    assert problems == []
    assert found
    return expectations.judge(found, seen)


@pytest.mark.parametrize(
    "written",
    [
        {"sent": "mail"},
        {"sent": True},
        {"sent": {"step": "mail", "channel": "email", "subject": "Ann", "times": 1}, "at": "1h"},
        {"sent": "mail", "by": "2h"},
        {"never": "nudge"},
        {"never": "mail", "by": "30m"},
        {"withheld": {"channel": "sms", "text": "Psst"}},
        {"skipped": {"step": "nudge", "reason": "no_address"}, "at": "2d"},
        {"entered": True, "at": "10d"},
        {"entered": False, "at": "11d"},
        {"refused": "too_soon", "at": "5d"},
        {"refused": True},
        {"stands": "pause", "at": "59m"},
        {"stands": "pause"},
        {"passed": ["pause", "mail"]},
        {"left": "quiet", "at": "13d"},
        {"left": True},
        {"completed": True, "by": "1h"},
        {"converted": True, "at": "2h"},
        {"enrolled": "other", "at": "2d"},
        {"attributes": {"vip": True, "level": 1}},
    ],
)
def test_what_came_as_expected_needs_no_words(written: dict[str, Any]) -> None:
    assert judged(written) == ""


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (
            {"sent": {"step": "mail", "subject": "Bob"}, "at": "2h"},
            "ann should be sent “mail” with “Bob” in its subject after exactly 2h; instead: “mail”"
            " by email sent after 1h, “Hello Ann”; “nudge” skipped: no_address after 2d; “quiet”"
            " by sms withheld after 3d, “Psst”",
        ),
        (
            {"never": {"channel": "email"}},
            "ann should never get a message by email; instead: “mail” by email sent after 1h,"
            " “Hello Ann”",
        ),
        (
            {"entered": False, "by": "1h"},
            "ann should not come in within 1h; instead ann came in after 0s and completed the"
            " journey after 1h; came in after 10d and stands at “pause”; came in after 12d and"
            " left with “quiet” after 13d",
        ),
        ({"stands": "mail", "at": "11d"}, "ann should stand at “mail” after 11d; instead: “pause”"),
        (
            {"stands": "mail", "at": "2h"},
            "ann should stand at “mail” after 2h; instead: nowhere in the journey",
        ),
        (
            {"passed": ["mail", "nudge"]},
            "ann should pass mail → nudge; instead: pause → mail → pause",
        ),
        ({"attributes": {"vip": 1}}, "ann should have vip 1; instead it is true"),
        ({"attributes": {"city": "Bonn"}}, 'ann should have city "Bonn"; instead it is nothing'),
    ],
)
def test_what_came_otherwise_is_said(written: dict[str, Any], sentence: str) -> None:
    assert judged(written) == sentence


@pytest.mark.parametrize(
    ("written", "seen", "word"),
    [
        ({"sent": {"times": 2, "reason": "x"}}, NOTHING, "because of x 2 times; instead: no mess"),
        ({"entered": True}, NOTHING, "ann did not come in within 1d"),
        ({"entered": True}, REFUSED, "ann was not let in: audience"),
        ({"left": "quiet"}, NOTHING, "leave with “quiet”; instead ann did not"),
        ({"left": "stopped"}, SEEN, "leave with “stopped”; instead ann came in"),
        ({"left": True, "at": "1h"}, NOTHING, "leave after exactly 1h; instead"),
        ({"refused": "too_soon"}, REFUSED, "let in for “too_soon”; instead ann was not let in"),
        ({"refused": True}, NOTHING, "not be let in; instead"),
        ({"passed": "mail"}, NOTHING, "instead: no step"),
        ({"stands": "mail"}, NOTHING, "nowhere"),
        ({"enrolled": "other"}, NOTHING, "come into other; instead: no journey"),
        ({"enrolled": "third"}, SEEN, "come into third; instead: other after 2d"),
        ({"completed": True}, NOTHING, "complete the journey"),
    ],
)
def test_nothing_is_said_to_have_happened_too(
    written: dict[str, Any], seen: Observed, word: str
) -> None:
    assert word in judged(written, seen)


def test_who_has_just_come_in_stands_at_no_step_yet() -> None:
    seen = Observed(until=ago("1d"), walks=[Walk(ago("0s"), "active")])
    assert "nowhere" in judged({"stands": "mail"}, seen)


def test_spans_read_as_they_are_written() -> None:
    assert span(timedelta(days=8, hours=2, seconds=5, microseconds=7)) == "8d 2h 5s"
    assert span(timedelta()) == "0s"


def test_long_texts_are_shortened_to_a_line() -> None:
    assert shortened("a\n  b") == "a b"
    assert len(shortened("word " * 50)) == 60
