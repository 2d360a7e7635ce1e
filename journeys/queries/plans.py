"""The compiled plans that the engine runs by, kept per process
and refreshed when a journey changes.

Versions never change, so a compiled plan is kept for good;
which journeys are live is asked with one small query.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from journeys.core import plan as core
from journeys.core.access import Access, Key, key
from journeys.core.document import parse
from journeys.core.parts import Listener
from journeys.core.steps.wait_for import PlannedWaitFor
from journeys.models import Version
from profiles.queries import workspace

STAMP = """
SELECT coalesce(sum(
    hashtextextended(concat_ws(':', id, state, live_version_id, priority), 0)::numeric), 0)::text
FROM journeys_journey
"""
LIVE = """
SELECT j.id, j.state, j.live_version_id,
       ARRAY(SELECT v.id FROM journeys_version v
             WHERE v.journey_id = j.id AND v.id IS DISTINCT FROM j.live_version_id AND EXISTS (
                 SELECT FROM journeys_enrollment e
                 WHERE e.version_id = v.id AND (e.status = 'active' OR e.goal_until IS NOT NULL)))
FROM journeys_journey j WHERE j.live_version_id IS NOT NULL ORDER BY j.priority DESC, j.id
"""


class Loaded(NamedTuple):
    """A published version ready to run.

    `contents` names the stored content of each send step, in the plan's order.
    """

    version_id: int
    journey_id: int
    slug: str
    number: int
    published_at: dt.datetime
    plan: core.Plan
    contents: tuple[int, ...]


Trigger = tuple[Loaded, Listener]


@dataclass(frozen=True)
class Live:
    """What runs now.

    `entering` are the live versions by slug, `walking` those with customers inside or to come (old
    ones and those of paused journeys included); `triggers` finds those that an event can let
    somebody into, by its name and then by its properties; `listening` says which journeys (old
    versions with customers inside included) hear an event's name, `anything` those that judge a
    condition at every event. In the `halted` ones nobody moves: they are paused, or stopped a
    moment ago; `silent` are their slugs.
    """

    stamp: str
    entering: Mapping[str, Loaded]
    walking: tuple[Loaded, ...]
    triggers: Mapping[str, Access[Trigger]]
    listening: Mapping[str, tuple[int, ...]]
    anything: tuple[int, ...]
    halted: tuple[int, ...]
    silent: tuple[str, ...]

    def hears(self, name: str, properties: Mapping[str, Any]) -> bool:
        """Whether an event of this name, with these properties, can matter to anybody."""
        if self.anything or name in self.listening:
            return True
        access = self.triggers.get(name)
        return access is not None and any(True for _ in access.of(properties))

    def concerned(self, names: Iterable[str]) -> list[int]:
        """The journeys whose customers an event of one of these names can matter to."""
        return sorted(
            {
                *self.anything,
                *(journey for name in names for journey in self.listening.get(name, ())),
            }
        )


_current: dict[str, Live] = {}


def current() -> Live:
    """The live plans, read again only when a journey was published, paused, resumed, stopped
    or deleted.
    """
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
        (stamp,) = cursor.fetchone()
    name = workspace.name()
    live = _current.get(name)
    if live is None or live.stamp != stamp:
        live = _current[name] = _read(stamp)
    return live


def of_versions(ids: Iterable[int]) -> dict[int, Loaded]:
    """Plans of these versions; one query for those this process has not compiled yet."""
    name = workspace.name()
    wanted = set(ids)
    missing = [version for version in wanted if (name, version) not in _compiled]
    if missing:
        for version in Version.objects.filter(id__in=missing).select_related("journey"):
            _compiled[name, version.pk] = _load(version)
    return {version: _compiled[name, version] for version in wanted}


def forget(name: str) -> None:
    """Drop what is remembered of a workspace that is gone."""
    _current.pop(name, None)
    for kept in [kept for kept in list(_compiled) if kept[0] == name]:
        del _compiled[kept]


_compiled: dict[tuple[str, int], Loaded] = {}


def _load(version: Version) -> Loaded:
    return Loaded(
        version.pk,
        version.journey_id,
        version.journey.slug,
        version.number,
        version.published_at,
        core.compile(parse(version.source)),
        tuple(version.contents),
    )


def _read(stamp: str) -> Live:
    with connection.cursor() as cursor:
        cursor.execute(LIVE)
        rows = cursor.fetchall()
    loaded = of_versions(version for row in rows for version in (row[2], *row[3]))
    entering = [loaded[row[2]] for row in rows if row[1] == "live"]
    walking = [
        loaded[version]
        for row in rows
        if row[1] in ("live", "paused")
        for version in (row[2], *row[3])
    ]
    return Live(
        stamp=stamp,
        entering={each.slug: each for each in entering},
        walking=tuple(walking),
        triggers=_triggers(entering),
        listening=_listening(walking),
        anything=tuple(sorted({each.journey_id for each in walking if _judges(each.plan)})),
        halted=tuple(row[0] for row in rows if row[1] != "live"),
        silent=tuple(loaded[row[2]].slug for row in rows if row[1] != "live"),
    )


def _triggers(entering: Iterable[Loaded]) -> dict[str, Access[Trigger]]:
    found: dict[str, list[Trigger]] = {}
    for each in entering:
        for name, listeners in each.plan.enter.triggers.items():
            found.setdefault(name, []).extend((each, listener) for listener in listeners)
    return {name: Access((each, _key(*each)) for each in some) for name, some in found.items()}


def _key(version: Loaded, listener: Listener) -> Key | None:
    return None if listener.where is None else key(version.plan.where[listener.where])


def _listening(walking: Iterable[Loaded]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for each in walking:
        for name in each.plan.event_names.enrolled:
            found.setdefault(name, set()).add(each.journey_id)
    return {name: tuple(sorted(journeys)) for name, journeys in found.items()}


def _judges(plan: core.Plan) -> bool:
    """Whether the plan has a condition to judge at every event: a leave rule, or a wait's case."""
    waits = (step for step in plan.steps if isinstance(step, PlannedWaitFor))
    return plan.leave.condition is not None or any(
        case.condition is not None for step in waits for case in step.cases
    )
