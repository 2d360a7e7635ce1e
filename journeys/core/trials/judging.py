"""Whether it came as expected: "", or a sentence with what was wanted and what happened instead.

One function for each kind of expectation; `expectations` has the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any

from journeys.core.trials.observed import REFUSED, SENT, Observed, span
from journeys.core.trials.wanted import Expectation, Sought

Judge = Callable[[Expectation, Observed], str]
GONE = ("skipped", "expired", "failed")


def messages(statuses: Collection[str], said: str) -> Judge:
    def judge(expected: Expectation, seen: Observed) -> str:
        sought: Sought = expected.value
        found = [
            each
            for each in seen.messages
            if each.status in statuses and sought.fits(each) and expected.when.fits(each.at)
        ]
        if len(found) == sought.times or (sought.times is None and found):
            return ""
        wanted = f"{said} {sought.words()}{expected.when.words()}"
        return f"{expected.customer} should {wanted}; instead: {seen.message_words()}"

    return judge


def never(expected: Expectation, seen: Observed) -> str:
    sought: Sought = expected.value
    found = [
        each
        for each in seen.messages
        if each.status in SENT and sought.fits(each) and expected.when.fits(each.at)
    ]
    if not found:
        return ""
    wanted = f"never get {sought.words()}{expected.when.words()}"
    told = "; ".join(each.words() for each in found)
    return f"{expected.customer} should {wanted}; instead: {told}"


def flag(moments: Callable[[Observed], Iterable[timedelta]], said: str) -> Judge:
    """Whether something happened, at the time that is given."""

    def judge(expected: Expectation, seen: Observed) -> str:
        if any(map(expected.when.fits, moments(seen))) == expected.value:
            return ""
        should = "should" if expected.value else "should not"
        wanted = f"{should} {said}{expected.when.words()}"
        return f"{expected.customer} {wanted}; instead {expected.customer} {seen.journey_words()}"

    return judge


def entered(seen: Observed) -> Iterator[timedelta]:
    return (walk.entered_at for walk in seen.walks)


def completed(seen: Observed) -> Iterator[timedelta]:
    return (walk.left_at for walk in seen.walks if walk.left_at and walk.status == "completed")


def converted(seen: Observed) -> Iterator[timedelta]:
    return (walk.converted_at for walk in seen.walks if walk.converted_at is not None)


def enrolled(expected: Expectation, seen: Observed) -> str:
    """Another journey that the customer came into."""
    if any(slug == expected.value and expected.when.fits(at) for slug, at in seen.elsewhere):
        return ""
    came = ", ".join(f"{slug} after {span(at)}" for slug, at in seen.elsewhere)
    told = f"come into {expected.value}{expected.when.words()}; instead: {came or 'no journey'}"
    return f"{expected.customer} should {told}"


def left(expected: Expectation, seen: Observed) -> str:
    for walk in seen.walks:
        if walk.left_at is None or walk.status != "left":
            continue
        if expected.value in ("", walk.reason) and expected.when.fits(walk.left_at):
            return ""
    wanted = f" with “{expected.value}”" if expected.value else ""
    told = f"leave{wanted}{expected.when.words()}; instead {expected.customer}"
    return f"{expected.customer} should {told} {seen.journey_words()}"


def refused(expected: Expectation, seen: Observed) -> str:
    code = f"{REFUSED}{expected.value}"
    codes = [each for each in seen.reasons if each.code.startswith(code)]
    if any(expected.when.fits(each.at) for each in codes):
        return ""
    wanted = f" for “{expected.value}”" if expected.value else ""
    told = f"not be let in{wanted}{expected.when.words()}; instead {expected.customer}"
    return f"{expected.customer} should {told} {seen.journey_words()}"


def stands(expected: Expectation, seen: Observed) -> str:
    moment = expected.when.at if expected.when.at is not None else seen.until
    places = [_place(seen, number, moment) for number in range(len(seen.walks))]
    if expected.value in places:
        return ""
    stood = ", ".join(f"“{place}”" for place in places if place) or "nowhere in the journey"
    told = f"stand at “{expected.value}” after {span(moment)}; instead: {stood}"
    return f"{expected.customer} should {told}"


def _place(seen: Observed, number: int, moment: timedelta) -> str:
    """Where the customer stood in one of the walks at a moment, by the log; "" for nowhere."""
    walk = seen.walks[number]
    following = seen.walks[number + 1].entered_at if number + 1 < len(seen.walks) else None
    if moment < walk.entered_at or (walk.left_at is not None and walk.left_at <= moment):
        return ""
    steps = [
        each.step
        for each in seen.reasons
        if each.step
        and walk.entered_at <= each.at <= moment
        and (following is None or each.at < following)
    ]
    return steps[-1] if steps else ""


def passed(expected: Expectation, seen: Observed) -> str:
    """The steps in this order; others may lie between them."""
    visited = [each.step for each in seen.reasons if each.step]
    rest = iter(visited)
    if all(step in rest for step in expected.value):
        return ""
    told = f"pass {_arrows(expected.value)}; instead: {_arrows(visited) or 'no step'}"
    return f"{expected.customer} should {told}"


def _arrows(steps: Iterable[str]) -> str:
    path: list[str] = []
    for step in steps:
        if path[-1:] != [step]:
            path.append(step)
    return " → ".join(path)


def attributes(expected: Expectation, seen: Observed) -> str:
    for key, value in expected.value.items():
        found = seen.attributes.get(key)
        if found != value or type(found) is not type(value):
            told = f"have {key} {_written(value)}; instead it is {_written(found)}"
            return f"{expected.customer} should {told}"
    return ""


def _written(value: Any) -> str:
    """As JSON, which tells 1 from "1" and from true."""
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
