"""The replies that have come to customers who stand at a `call`, and what contexts become."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from channels.queries import calls
from journeys.core.steps.call import PlannedCall
from journeys.core.walk import Reply
from journeys.queries.enrollments import Row
from journeys.queries.plans import Loaded


class Heard(NamedTuple):
    """The rows with their contexts as they are now, the replies by enrollment, and the contexts
    that are new.
    """

    rows: Sequence[Row]
    replies: Mapping[int, Reply]
    contexts: Mapping[int, Mapping[str, Any]]


def hear(rows: Sequence[Row], loaded: Mapping[int, Loaded]) -> Heard:
    """One query, if anybody stands at a call; none otherwise."""
    waiting = {
        (row.id, row.step, row.visit): (row, step)
        for row in rows
        if (step := _call(row, loaded[row.version_id]))
    }
    if not waiting:
        return Heard(rows, {}, {})
    ended = calls.ended([place[0] for place in waiting])
    replies: dict[int, Reply] = {}
    contexts: dict[int, Mapping[str, Any]] = {}
    for place, (row, step) in waiting.items():
        if place in ended:
            replies[row.id] = Reply(*ended[place])
            contexts[row.id] = step.remembered(row.context, replies[row.id])
    new = [
        row._replace(context=dict(contexts[row.id])) if row.id in contexts else row for row in rows
    ]
    changed = {row.id for row, _ in waiting.values() if contexts.get(row.id, {}) != row.context}
    return Heard(new, replies, {id: contexts[id] for id in changed & contexts.keys()})


def _call(row: Row, version: Loaded) -> PlannedCall | None:
    """The call that the customer waits for."""
    place = version.plan.places.get(row.step)
    step = None if place is None else version.plan.steps[place]
    if isinstance(step, PlannedCall) and row.visits.get(row.step, 0) >= row.visit:
        return step
    return None
