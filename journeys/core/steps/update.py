"""`update` — attributes are set or unset, consents given or taken; ghosts are updated alike.

What follows needs fresh answers, for conditions may look at what was just changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from journeys.core.decisions import Record, Subscription
from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import Builder, Common, Known, Planned, Step, is_template, listed
from journeys.core.walk import Walk

EXAMPLE = "{channel: email, topic: news}"

_SUBSCRIPTION: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["channel"],
    "properties": {"channel": {"type": "string"}, "topic": {"type": "string"}},
}
_SUBSCRIPTIONS = {"anyOf": [_SUBSCRIPTION, {"type": "array", "items": _SUBSCRIPTION}]}

SCHEMA: Mapping[str, Any] = {
    "update": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "set": {"type": "object"},
            "unset": {
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
            "subscribe": _SUBSCRIPTIONS,
            "unsubscribe": _SUBSCRIPTIONS,
        },
    }
}


class Update(Step, frozen=True, kw_only=True):
    kind: ClassVar[str] = "update"
    set: Mapping[str, Any]
    unset: tuple[str, ...]
    subscribe: tuple[Subscription, ...]
    unsubscribe: tuple[Subscription, ...]

    def words(self) -> str:
        changed = [*self.set, *self.unset]
        changed += (each.channel for each in (*self.subscribe, *self.unsubscribe))
        return f"Update {listed(changed)}"

    def faults(self, known: Known) -> Iterator[Problem]:
        path = f"{self.path}.update"
        if not (self.set or self.unset or self.subscribe or self.unsubscribe):
            message = "Say what to change: set, unset, subscribe or unsubscribe."
            yield problem(path, "missing", message)
        for name in self.unset:
            if name in self.set:
                message = f"“{name}” is both set and unset; keep one."
                yield problem(f"{path}.unset", "ambiguous", message)
        for name, value in self.set.items():
            if not name.strip():
                yield problem(f"{path}.set", "missing", "An attribute needs a name.")
            if isinstance(value, str):
                yield from known.text(value, f"{path}.set.{name}")
        yield from self._consents(known)

    def _consents(self, known: Known) -> Iterator[Problem]:
        for key, given in (("subscribe", self.subscribe), ("unsubscribe", self.unsubscribe)):
            path = f"{self.path}.update.{key}.channel"
            for each in given:
                if each.channel:
                    yield from known.channel(each.channel, path)
                else:
                    yield problem(path, "missing", "Name the channel, such as email.")
        for each in self.subscribe:
            if each in self.unsubscribe:
                message = f"{each.channel} is both subscribed and unsubscribed; keep one."
                yield problem(f"{self.path}.update.unsubscribe", "ambiguous", message)

    def build(self, builder: Builder, index: int) -> PlannedUpdate:
        render = {name: value for name, value in self.set.items() if _renders(value)}
        return PlannedUpdate(
            index=index,
            id=self.id,
            next=builder.target(self.then, index),
            set={name: value for name, value in self.set.items() if name not in render},
            render=render,
            unset=self.unset,
            subscribe=self.subscribe,
            unsubscribe=self.unsubscribe,
            inputs={"set": sorted(self.set), "unset": sorted(self.unset)},
        )


def _renders(value: Any) -> bool:
    return isinstance(value, str) and is_template(value)


def read(fields: Fields, common: Common) -> Update:
    inner = fields.inner("update", "{set: {vip: true}}")
    inner = inner or Fields({}, fields.at("update"), fields.problems)
    step = Update(
        **common,
        set=inner.mapping("set", "{vip: true}") or {},
        unset=inner.texts("unset"),
        subscribe=tuple(_read_subscription(each) for each in inner.items("subscribe", EXAMPLE)),
        unsubscribe=tuple(_read_subscription(each) for each in inner.items("unsubscribe", EXAMPLE)),
    )
    inner.close()
    return step


def _read_subscription(fields: Fields) -> Subscription:
    found = Subscription(fields.text("channel"), fields.text("topic"))
    fields.close()
    return found


class PlannedUpdate(Planned, frozen=True, kw_only=True):
    """`set` holds values as they are, `render` the templates whose results are values."""

    kind: ClassVar[str] = "update"
    set: Mapping[str, Any]
    render: Mapping[str, str]
    unset: tuple[str, ...]
    subscribe: tuple[Subscription, ...]
    unsubscribe: tuple[Subscription, ...]
    inputs: Mapping[str, Any]

    @property
    def spoils(self) -> bool:
        return True

    def run(self, walk: Walk) -> int:
        walk.note("profile_recorded", self.inputs)
        walk.decisions.append(
            Record(
                self.id,
                walk.visit,
                self.set,
                self.render,
                self.unset,
                self.subscribe,
                self.unsubscribe,
                walk.ghost,
            )
        )
        walk.stale = True
        return self.next
