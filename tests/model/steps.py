"""The walks of the naive model: what every step does with one customer, and what the post does."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from tests.model.facts import Happening, Json, Person, bucket, duration, fits, holds, text, wait_end

ADDRESSES = {"email": "email", "sms": "phone"}


@dataclass(eq=False)
class Walk:
    """One customer's walk. `begun` is false where a new version has put the customer down."""

    person: Person
    document: Json
    version: int
    key: str
    entered: dt.datetime
    entry_event: Happening
    ghost: str
    status: str = "active"
    reason: str = ""
    left: dt.datetime | None = None
    step: str = ""
    visit: int = 1
    visits: dict[str, int] = field(default_factory=dict)
    begun: bool = True
    kept: str = ""
    since: dt.datetime | None = None
    due: dt.datetime | None = None
    arms: dict[str, str] = field(default_factory=dict)
    goal_until: dt.datetime | None = None
    converted: dt.datetime | None = None

    @property
    def entry(self) -> Json:
        return self.entry_event.properties

    @property
    def active(self) -> bool:
        return self.status == "active"

    def at(self) -> Json:
        return step_of(self.document, self.step)


@dataclass
class Message:
    """What became of a send step: `text` where it was sent."""

    walk: Walk
    step: str
    visit: int
    send: Json
    ghost: str
    at: dt.datetime
    status: str = "queued"
    reason: str = ""
    channel: str = ""
    text: str = ""


@dataclass
class Journey:
    """`version` counts publishings that changed something."""

    slug: str
    document: Json
    version: int = 1
    state: str = "live"
    paused: dt.datetime | None = None
    clock: str = ""
    walks: list[Walk] = field(default_factory=list)

    def inside(self) -> list[Walk]:
        return [walk for walk in self.walks if walk.active]


def step_of(document: Json, id: str) -> Json:
    found: Json = next(step for step in document["steps"] if step["id"] == id)
    return found


def following(document: Json, id: str) -> str:
    """The step below, or the end."""
    ids = [step["id"] for step in document["steps"]]
    return [*ids, "end"][ids.index(id) + 1]


def next_of(document: Json, id: str) -> str:
    """Where a step leads that says nothing else: its `then`, the time-out's, `else`, or below."""
    step = step_of(document, id)
    late = step["wait_for"].get("then") if "wait_for" in step else None
    return late or step.get("then") or step.get("else") or following(document, id)


def case_to(document: Json, step: Json, case: Json) -> str:
    return case.get("then") or step.get("then") or following(document, step["id"])


def is_window(form: Any) -> bool:
    return isinstance(form, dict) and "window" in form


class Steps:
    """Everybody and everything; `now` only moves when told."""

    def __init__(self, now: dt.datetime, visit_limit: int) -> None:
        self.now = now
        self.visit_limit = visit_limit
        self.people: dict[str, Person] = {}
        self.journeys: dict[str, Journey] = {}
        self.messages: list[Message] = []

    def _walk(self, walk: Walk, to: str, moment: dt.datetime) -> None:
        """From the step `to` on, until the customer rests or is out. `moment` is when they go."""
        while to:
            if to == "end":
                return self.end(self._of(walk), walk, "completed", "completed")
            walk.step, walk.visit = to, walk.visits.get(to, 0) + 1
            walk.begun, walk.since, walk.due, walk.kept = True, moment, None, ""
            if walk.visit > self.visit_limit:
                return self.end(self._of(walk), walk, "left", "visit_limit")
            walk.visits[to] = walk.visit
            to = self._do(walk, step_of(walk.document, to), moment)
        return None

    def _of(self, walk: Walk) -> Journey:
        return next(journey for journey in self.journeys.values() if walk in journey.walks)

    def _do(self, walk: Walk, step: Json, moment: dt.datetime) -> str:
        """Carry out a step; the answer is the next one, "" for rest."""
        onward = next_of(walk.document, step["id"])
        match step:
            case {"wait": form}:
                moment = self.now if is_window(form) else moment
                walk.due = wait_end(form, moment, walk.person.zone())
                return onward if walk.due <= moment else ""
            case {"wait_for": waiting}:
                return self._wait_for(walk, step, waiting, moment)
            case {"branch": lines}:
                return self._branch(walk, lines, step, onward)
            case {"split": arms}:
                return self._split(walk, step, arms)
            case {"send": _} if self.turned_out(walk):
                self.end(self._of(walk), walk, "left", "leave_if")
                return ""
            case {"send": send}:
                self.messages.append(
                    Message(walk, walk.step, walk.visit, send, walk.ghost, self.now)
                )
            case {"update": update}:
                self._update(walk.person, update)
            case {"leave": reason}:
                self.end(self._of(walk), walk, "left", reason)
                return ""
        return onward

    def turned_out(self, walk: Walk) -> bool:
        """Whether the leave condition holds."""
        condition = walk.document.get("leave", {}).get("if")
        return bool(condition) and holds(condition, walk.person, self.now, walk.entry)

    def _wait_for(self, walk: Walk, step: Json, waiting: Json, moment: dt.datetime) -> str:
        for case in waiting["any"]:
            if self._met_before(case, walk, waiting):
                return case_to(walk.document, step, case)
        if waiting["timeout"] != "never":
            walk.due = moment + duration(waiting["timeout"])
            if walk.due <= moment:
                return next_of(walk.document, step["id"])
        return ""

    def _met_before(self, case: Json, walk: Walk, waiting: Json) -> bool:
        if "if" in case:
            return holds(case["if"], walk.person, self.now, walk.entry)
        return waiting.get("since") == "entry" and any(
            event.came >= walk.entered
            and event is not walk.entry_event
            and self._meets(case, walk, event)
            for event in walk.person.log
        )

    def _meets(self, case: Json, walk: Walk, event: Happening) -> bool:
        if "if" in case:
            return holds(case["if"], walk.person, self.now, walk.entry)
        return event.name == case["event"] and fits(case.get("where"), event.properties, walk.entry)

    def _branch(self, walk: Walk, lines: list[Json], step: Json, onward: str) -> str:
        for line in lines:
            if holds(line["if"], walk.person, self.now, walk.entry):
                return str(line.get("then", "")) or following(walk.document, step["id"])
        return onward

    def _split(self, walk: Walk, step: Json, arms: list[Json]) -> str:
        journey, id = self._of(walk), step["id"]
        names = [arm["arm"] for arm in arms]
        drawn = [
            each.arms[id]
            for each in journey.walks if each.person is walk.person and id in each.arms
        ]  # fmt: skip
        kept = walk.arms.get(id) or (drawn[-1] if drawn else "")
        if kept not in names:
            number, kept, upto = bucket(f"{journey.slug}:{id}", walk.person.number), "", 0
            for arm in arms:
                upto += arm["share"] * 100
                kept = kept or (arm["arm"] if number < upto else "")
        chosen = arms[names.index(kept)]
        walk.arms[id] = kept
        walk.ghost = walk.ghost or ("arm" if chosen.get("ghost") else "")
        return chosen.get("then") or following(walk.document, id)

    def _update(self, person: Person, update: Json) -> None:
        person.attributes |= update.get("set", {})
        for name in update.get("unset", []):
            person.attributes.pop(name, None)
        for word in ("subscribe", "unsubscribe"):
            for each in update.get(word, []):
                consent = (each["channel"], each["topic"])
                (person.refused.add if word == "unsubscribe" else person.refused.discard)(consent)
        self._own(person, "identify")

    def end(self, journey: Journey, walk: Walk, status: str, reason: str) -> None:
        walk.status, walk.reason, walk.left, walk.due = status, reason, self.now, None
        self._own(walk.person, "journey.left")

    def _own(self, person: Person, name: str) -> None:
        person.hears(Happening(name, self.now, self.now))

    # The outbox.

    def _post(self) -> bool:
        waiting = [message for message in self.messages if message.status == "queued"]
        for message in waiting:
            self._hand_over(message)
        return bool(waiting)

    def _hand_over(self, message: Message) -> None:
        """The first channel with an address and without a refusal; ghosts are withheld there."""
        person, send = message.walk.person, message.send
        reasons = [self._refusal(person, channel, send["topic"]) for channel in send["channel"]]
        if all(reasons):
            message.status = "skipped"
            message.reason = "no_consent" if "no_consent" in reasons else "no_address"
            if send.get("on_skip") == "leave" and message.walk.active:
                reason = f"skipped:{message.reason}"
                self.end(self._of(message.walk), message.walk, "left", reason)
        else:
            message.channel = send["channel"][reasons.index("")]
            message.status = "withheld" if message.ghost else "sent"
            message.reason = message.ghost
        if message.status == "sent":
            message.text = text(send["text"], person, message.walk.entry)
        self._own(person, f"message.{message.status}")

    def _refusal(self, person: Person, channel: str, topic: str) -> str:
        if not person.attributes.get(ADDRESSES[channel]):
            return "no_address"
        return "no_consent" if (channel, topic) in person.refused else ""
