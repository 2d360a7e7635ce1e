"""What the naive model does when a journey is published anew, paused, resumed or stopped.

The table of docs/journeys.md, one customer at a time.
"""

import datetime as dt

from tests.model.facts import Json, duration
from tests.model.naive import Model
from tests.model.steps import Journey, Walk, next_of, step_of


def publish(model: Model, slug: str, document: Json, move: dict[str, str]) -> None:
    journey = model.journeys.setdefault(slug, Journey(slug, document))
    journey.state = "paused" if journey.state == "paused" else "live"
    if journey.document != document:
        before, journey.document = journey.version, document
        journey.version += 1
        clock = journey.paused if journey.clock == "freeze" and journey.paused else model.now
        for walk in journey.inside():
            if walk.version == before:
                _carry_over(model, journey, walk, move, clock)
    model.settle()


def _carry_over(
    model: Model, journey: Journey, walk: Walk, move: dict[str, str], clock: dt.datetime
) -> None:
    to = move.get(walk.step) or _successor(walk.document, journey.document, walk.step)
    if to == "stay":
        return
    if to in ("leave", "end"):
        reason = "completed" if to == "end" else "moved_out"
        model.end(journey, walk, "completed" if to == "end" else "left", reason)
        return
    old, new = walk.at(), step_of(journey.document, to)
    _goal(walk, journey.document)
    walk.document, walk.version, walk.kept = journey.document, journey.version, ""
    limits = [_limit(old), _limit(new)]
    if old["id"] != to or not _waits(new) or (limits[0] != limits[1] and not _timed(new)):
        _arrive(walk, to, clock)
    elif limits[0] != limits[1]:
        _limited(walk, new, clock)


def _successor(old: Json, new: Json, id: str) -> str:
    """The step of the same id, else the first of those that followed it and that is there."""
    ids, seen = {step["id"] for step in new["steps"]}, set[str]()
    while id not in ids and id != "end" and id not in seen:
        seen.add(id)
        id = next_of(old, id)
    return id if id in ids else "end"


def _goal(walk: Walk, document: Json) -> None:
    """Another window counts from entry."""
    old, new = walk.document.get("goal"), document.get("goal")
    if new and (not old or old.get("within", "7d") != new.get("within", "7d")):
        walk.goal_until = walk.entered + duration(new.get("within", "7d"))


def _waits(step: Json) -> bool:
    return "wait" in step or "wait_for" in step


def _limit(step: Json) -> object:
    """What ends the waiting there when nothing happens."""
    return step["wait_for"]["timeout"] if "wait_for" in step else step.get("wait", "")


def _timed(step: Json) -> bool:
    return "wait_for" in step or isinstance(step["wait"], str)


def _arrive(walk: Walk, to: str, clock: dt.datetime) -> None:
    """They come to the step as if they had walked there, as soon as anybody moves."""
    walk.step, walk.visit, walk.begun = to, walk.visits.get(to, 0) + 1, False
    walk.since = walk.due = clock


def _limited(walk: Walk, step: Json, clock: dt.datetime) -> None:
    """A shorter time acts on those who wait, at the earliest now; a longer one does not."""
    limit = _limit(step)
    if limit == "never":
        walk.due = None
        return
    assert walk.since is not None
    new = max(walk.since + duration(str(limit)), clock)
    walk.due = min(walk.due, new) if walk.due else new


def pause(model: Model, slug: str, clock: str) -> None:
    journey = model.journeys[slug]
    journey.state, journey.clock, journey.paused = "paused", clock, model.now


def resume(model: Model, slug: str, overdue: str) -> None:
    journey = model.journeys[slug]
    assert journey.paused is not None
    for walk in journey.inside():
        if walk.kept:
            walk.due = journey.paused
        if journey.clock == "freeze":
            _thaw(walk, model.now - journey.paused)
        elif overdue == "leave" and walk.due and journey.paused < walk.due <= model.now:
            model.end(journey, walk, "left", "overdue_while_paused")
    journey.state, journey.clock, journey.paused = "live", "", None
    model.settle()


def _thaw(walk: Walk, by: dt.timedelta) -> None:
    walk.since = walk.since + by if walk.since else None
    walk.due = walk.due + by if walk.due else None


def stop(model: Model, slug: str) -> None:
    journey = model.journeys[slug]
    journey.state, journey.clock, journey.paused = "stopped", "", None
    for walk in journey.inside():
        model.end(journey, walk, "left", "journey_stopped")
    model.settle()
