"""Who of an audience would a journey's messages reach? Judged by the gates, for a sample of it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from channels.queries.outlook import Post, outlook
from journeys.core.plan import Plan
from journeys.core.steps.send import PlannedSend


class Reached(NamedTuple):
    """A send step, and how many customers each reason code keeps its message from; "" counts whom
    it reaches.
    """

    step: str
    channels: tuple[str, ...]
    reasons: Counter[str]


def reached(plan: Plan, people: Sequence[int], *, now: dt.datetime) -> Iterator[Reached]:
    """Each send step of the plan; alike ones are asked about once."""
    known: dict[Post, Counter[str]] = {}
    for step in plan.steps:
        if isinstance(step, PlannedSend):
            post = Post(step.channels, step.topic, plan.purpose)
            if post not in known:
                known[post] = outlook(people, post, now=now)
            yield Reached(step.id, step.channels, known[post])
