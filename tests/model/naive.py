"""A naive model of journeys, in memory: one customer, one event, one step after the other.

Written from the documentation, and of plain lists and dicts. It knows event triggers with `where`,
the audience, `key`, every form of `again`, holdouts; `leave.on`, `leave.if`, goals; `wait` for a
duration, until a time of day, for a window; `wait_for` with events, conditions, time-outs, `since`;
`branch`, `split`, `send`, `update`, `leave`; loops and the limit of visits; publishing with `move`,
pauses of both kinds, and stopping. It does not know dates, schedules, segments, stages, `enroll`,
`call`, variants, merges, suppressions and the global control group.
"""

import datetime as dt
from typing import Any

from tests.model.facts import Happening, Json, Person, bucket, duration, fits, holds, wait_end
from tests.model.steps import Journey, Steps, Walk, case_to, is_window, next_of

MAX_AGE = dt.timedelta(hours=72)


class Model(Steps):
    """What is done from outside, what follows by itself, and what one event does."""

    # What is done from outside.

    def does(self, who: str, name: str, properties: Json, *, ago: dt.timedelta) -> None:
        self.people[who].hears(Happening(name, self.now - ago, self.now, properties))
        self.settle()

    def becomes(self, who: str, **traits: Any) -> None:
        person = self.people[who]
        person.attributes = {
            name: value
            for name, value in {**person.attributes, **traits}.items()
            if value is not None
        }
        self.does(who, "identify", traits, ago=dt.timedelta())

    def passes(self, by: dt.timedelta) -> None:
        until = self.now + by
        while (coming := min(self._dues(), default=until)) <= until:
            self.now = max(self.now, coming)
            self.settle()
            if not self._dues():
                break
        self.now = until

    def _dues(self) -> list[dt.datetime]:
        return [walk.due for walk in self._timed() if walk.due is not None]

    def _timed(self) -> list[Walk]:
        live = [journey for journey in self.journeys.values() if journey.state == "live"]
        return [walk for journey in live for walk in journey.inside() if walk.due]

    # What follows by itself.

    def settle(self) -> None:
        """Until nothing is left to do now: news first, then who is due, then the post."""
        while self._news() or self._go_on() or self._post():
            pass

    def _news(self) -> bool:
        person = next((person for person in self.people.values() if person.news), None)
        if person:
            self._take(person, person.news.pop(0))
        return person is not None

    def _go_on(self) -> bool:
        """Who has waited long enough goes on as of that instant, however late it is."""
        walk = min(
            (walk for walk in self._timed() if walk.due and walk.due <= self.now),
            key=lambda walk: (walk.due, id(walk)), default=None,
        )  # fmt: skip
        if walk is None:
            return False
        if walk.kept:
            self._walk(walk, walk.kept, self.now)
        elif walk.begun and (opens := self._missed(walk)):
            walk.due = opens
        elif walk.begun:
            self._walk(walk, next_of(walk.document, walk.step), walk.due or self.now)
        else:
            self._walk(walk, walk.step, walk.due or self.now)
        return True

    def _missed(self, walk: Walk) -> dt.datetime | None:
        """When a window opens next that had closed before its customer came to it."""
        form = walk.at().get("wait")
        opens = wait_end(form, self.now, walk.person.zone()) if is_window(form) else self.now
        return opens if opens > self.now else None

    # One event of one customer.

    def _take(self, person: Person, event: Happening) -> None:
        mine = [
            (journey, walk)
            for journey in self.journeys.values() for walk in journey.walks
            if walk.person is person
        ]  # fmt: skip
        for journey, walk in mine:
            if journey.state != "stopped":
                self._convert(walk, event)
        for journey, walk in mine:
            if walk.active and (reason := self._leaves(walk, event)):
                self.end(journey, walk, "left", reason)
        entered = [
            (new, new.document["steps"][0]["id"])
            for journey in self.journeys.values() if (new := self._enters(journey, person, event))
        ]  # fmt: skip
        met = [
            (journey, walk, to)
            for journey, walk in mine if walk.active and (to := self._wakes(walk, event))
        ]  # fmt: skip
        for journey, walk, to in met:
            in_time = journey.clock == "freeze" or walk.due is None or walk.due >= self.now
            if journey.state == "paused" and in_time:
                walk.kept = walk.kept or to
        woken = [(walk, to) for journey, walk, to in met if journey.state == "live"]
        for walk, to in [*woken, *entered]:
            self._walk(walk, to, self.now)

    def _convert(self, walk: Walk, event: Happening) -> None:
        goal = walk.document.get("goal")
        if (
            goal and goal["event"] == event.name and walk.converted is None
            and walk.goal_until is not None and walk.entry_event.at <= event.at <= walk.goal_until
            and fits(goal.get("where"), event.properties, walk.entry)
        ):  # fmt: skip
            walk.converted = event.at
            self._own(walk.person, "journey.converted")

    def _leaves(self, walk: Walk, event: Happening) -> str:
        leave = walk.document.get("leave", {})
        for rule in leave.get("on", []):
            if rule["event"] == event.name and fits(
                rule.get("where"), event.properties, walk.entry
            ):
                return f"leave_on:{event.name}"
        return "leave_if" if self.turned_out(walk) else ""

    def _enters(self, journey: Journey, person: Person, event: Happening) -> Walk | None:
        enter = journey.document["enter"]
        called = any(
            trigger["event"] == event.name and fits(trigger.get("where"), event.properties, {})
            for trigger in enter["on"]
        )
        if not called or journey.state != "live" or self.now - event.at > MAX_AGE:
            return None
        if "if" in enter and not holds(enter["if"], person, self.now, event.properties):
            return None
        key = str(event.properties.get(enter["key"], "")) if "key" in enter else ""
        before = [walk for walk in journey.walks if walk.person is person]
        if not self._again([walk for walk in before if walk.key == key], enter):
            return None
        ghost = self._holdout(journey, person, before)
        walk = Walk(person, journey.document, journey.version, key, self.now, event, ghost)
        goal = journey.document.get("goal")
        walk.goal_until = self.now + duration(goal.get("within", "7d")) if goal else None
        journey.walks.append(walk)
        self._own(person, "journey.entered")
        return walk

    def _again(self, before: list[Walk], enter: Json) -> bool:
        again = enter.get("again", "never")
        if not before or (again == "always" and not before[-1].active):
            return True
        if before[-1].active or again == "never":
            return False
        return all(self.now >= walk.left + duration(again["after"]) for walk in before if walk.left)

    def _holdout(self, journey: Journey, person: Person, before: list[Walk]) -> str:
        """Nobody who was ever treated is moved into the holdout."""
        treated = any(
            message.status == "sent" for message in self.messages if message.walk in before
        )
        percent = journey.document["enter"].get("holdout", 0)
        drawn = bucket(f"{journey.slug}:holdout", person.number) < percent * 100
        return "holdout" if drawn and not treated else ""

    def _wakes(self, walk: Walk, event: Happening) -> str:
        """Where an event leads who waits for it; the first case that holds."""
        step = walk.at() if walk.step else {}
        if "wait_for" not in step or not walk.begun:
            return ""
        for case in step["wait_for"]["any"]:
            if self._meets(case, walk, event):
                return case_to(walk.document, step, case)
        return ""
