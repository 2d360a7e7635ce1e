"""`send` — one message on the first channel that reaches the customer; variants are a split of it.

Whether the message may leave is decided at hand-over; a ghost's message is the same and withheld.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast

import msgspec

from channels.core import offer, utm
from journeys.core import decisions
from journeys.core.problem import Problem, problem
from journeys.core.reading import MAX_CONTENT, Fields
from journeys.core.steps.base import Builder, Common, Known, Planned, Step, listed, texts_of
from journeys.core.walk import UNANSWERED, Walk
from profiles.core import draw

TEXTS = ("subject", "html", "mjml", "text", "title", "body", "url", "image")

NO_SUBJECT = "An e-mail needs a subject."

ON_CAP = ("skip", "defer", "leave", "next_channel")

_CONTENT: Mapping[str, Any] = {
    **{key: {"type": "string"} for key in TEXTS},
    "data": {"type": "object"},
    "template": {"type": "string"},
    "locales": {"type": "object", "additionalProperties": {"type": "object"}},
    "offer_ends": {"type": "string"},
    "utm": utm.SCHEMA,
}
_BESIDE = {"template", "offer_ends", "utm"}
"""What may stand beside the name of a template."""
_CHANNELS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

SCHEMA: Mapping[str, Any] = {
    "send": {
        "type": "object",
        "additionalProperties": False,
        "required": ["channel"],
        "properties": {
            "channel": _CHANNELS,
            "fallback": _CHANNELS,
            **_CONTENT,
            "topic": {"type": "string"},
            "expires": {"$ref": "#/$defs/duration"},
            "on_skip": {"enum": ["continue", "leave"]},
            "on_cap": {"enum": list(ON_CAP)},
            "variants": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": _CONTENT,
                },
            },
        },
    }
}


class Content(msgspec.Struct, frozen=True):
    """What a message says: inline keys, or `template` alone. `arm` is "" without variants."""

    path: str
    arm: str
    body: Mapping[str, Any]

    def faults(self, known: Known, channels: tuple[str, ...]) -> Iterator[Problem]:
        """`channels` are those through which it is to leave."""
        inline = self.body.keys() - _BESIDE
        if not inline and "template" not in self.body:
            message = "Say what to send: a template, or subject, html, text, title, body or data."
            yield problem(self.path, "missing", message)
        if "template" in self.body:
            yield from known.template(self.body["template"], f"{self.path}.template")
            if inline:
                message = f"A template brings its own content; take {sorted(inline)[0]} away."
                yield problem(f"{self.path}.template", "ambiguous", message)
        if {"html", "mjml"} <= inline:
            yield problem(f"{self.path}.html", "ambiguous", "MJML becomes the HTML; keep one.")
        elif self.body:
            yield from self._said(known, channels)
        yield from self._faults_of_offer(known)

    def _said(self, known: Known, channels: tuple[str, ...]) -> Iterator[Problem]:
        """What is wrong with the texts; each fault once, at the place that says most."""
        inline = {key: value for key, value in self.body.items() if key not in _BESIDE}
        told: set[str] = set()
        if inline and "email" in channels and "subject" not in inline:
            told.add(NO_SUBJECT)
            yield problem(f"{self.path}.subject", "missing", NO_SUBJECT)
        for path, text in texts_of(inline, self.path):
            for each in known.text(text, path):
                told.add(each.message)
                yield each
        for each in known.content(self.body, channels, self.path):
            if each.message not in told:
                yield each

    def _faults_of_offer(self, known: Known) -> Iterator[Problem]:
        written, path = str(self.body.get("offer_ends", "")), f"{self.path}.offer_ends"
        fault = offer.problem(written) if written else ""
        if fault:
            yield problem(path, "invalid", fault)
        elif offer.attribute(written):
            yield from known.attribute(offer.attribute(written), path)

    def words(self) -> str:
        """The line by which a reader knows the message."""
        keys = ("template", "subject", "title", "text", "body")
        return next((str(self.body[key]) for key in keys if key in self.body), "")


class Send(Step, frozen=True, kw_only=True):
    """`contents` holds one content, or one a variant in document order."""

    kind: ClassVar[str] = "send"
    channels: tuple[str, ...]
    contents: tuple[Content, ...]
    topic: str
    expires: timedelta | None
    on_skip: decisions.OnSkip
    on_cap: decisions.OnCap

    def words(self) -> str:
        said = self.contents[0].words() if self.contents else ""
        return f"Send {listed(self.channels)}" + (f": {said}" if said else "")

    def faults(self, known: Known) -> Iterator[Problem]:
        path = f"{self.path}.send"
        if not self.channels:
            yield problem(f"{path}.channel", "missing", "Name a channel, such as email.")
        for channel in self.channels:
            yield from known.channel(channel, f"{path}.channel")
        for content in self.contents:
            yield from content.faults(known, self.channels)

    def build(self, builder: Builder, index: int) -> PlannedSend:
        share = 100 / len(self.contents)
        ranges = draw.ranges((content.arm, share) for content in self.contents)
        return PlannedSend(
            index=index,
            id=self.id,
            next=builder.target(self.then, index),
            channels=self.channels,
            contents=tuple(builder.content(content.body) for content in self.contents),
            variants=tuple(content.arm for content in self.contents),
            stops=tuple(each.stop for each in ranges),
            topic=self.topic or builder.topic,
            expires=self.expires,
            on_skip=self.on_skip,
            on_cap=self.on_cap,
            leaving=builder.leaving,
            inputs={"channels": list(self.channels)},
        )


def read(fields: Fields, common: Common) -> Send:
    inner = fields.inner("send", "{channel: email, template: welcome}")
    inner = inner or Fields({}, fields.at("send"), fields.problems)
    channels = dict.fromkeys((*inner.texts("channel"), *inner.texts("fallback")))
    expires = inner.duration("expires")
    if expires is not None and not expires:
        inner.report("expires", "invalid", "A message must live longer than 0s.")
    step = Send(
        **common,
        channels=tuple(channels),
        contents=_read_contents(inner),
        topic=inner.text("topic"),
        expires=expires,
        on_skip="leave" if _on_skip(inner) == "leave" else "continue",
        on_cap=cast(decisions.OnCap, inner.choice("on_cap", ON_CAP, "")),
    )
    inner.close()
    return step


def _on_skip(fields: Fields) -> str:
    return fields.choice("on_skip", ("continue", "leave"), "continue")


def _read_contents(fields: Fields) -> tuple[Content, ...]:
    """The content, or the variants, which take over what the step says for all of them."""
    shared = _read_body(fields)
    variants = fields.inner("variants", "{A: {subject: Hello}, B: {subject: Hi}}")
    if variants is None:
        return (Content(fields.path, "", shared),)
    found: list[Content] = []
    for name in variants.raw:
        own = variants.inner(name, "{subject: Hello}") or Fields({}, "", [])
        found.append(Content(variants.at(name), name, {**shared, **_read_body(own)}))
        own.close()
    if not found:
        fields.report("variants", "invalid", "Name at least one variant, or take `variants` away.")
    return tuple(found)


def _read_body(fields: Fields) -> dict[str, Any]:
    body: dict[str, Any] = {key: fields.text(key, limit=MAX_CONTENT) for key in TEXTS}
    body["data"] = fields.mapping("data", "{order_id: '{{ entry.order_id }}'}")
    body["locales"] = fields.mapping("locales", "{fr: {subject: Bonjour}}")
    body["template"] = fields.text("template")
    body["offer_ends"] = fields.text("offer_ends")
    return {key: value for key, value in body.items() if value} | _read_utm(fields)


def _read_utm(fields: Fields) -> dict[str, Any]:
    """What it says of UTM parameters, if anything and as far as it is right."""
    given = fields.get("utm")
    if given is None:
        return {}
    faults = list(utm.wrong(given))
    for name, sentence in faults:
        path = f"{fields.at('utm')}.{name}".rstrip(".")
        fields.problems.append(problem(path, "invalid", sentence))
    return {} if faults else {"utm": given}


class PlannedSend(Planned, frozen=True, kw_only=True):
    """`contents`, `variants` and `stops` run in parallel; buckets below a stop get that content.
    Nothing is sent to whom the condition `leaving` holds for: they leave.
    """

    kind: ClassVar[str] = "send"
    channels: tuple[str, ...]
    contents: tuple[int, ...]
    variants: tuple[str, ...]
    stops: tuple[int, ...]
    topic: str
    expires: timedelta | None
    on_skip: decisions.OnSkip
    on_cap: decisions.OnCap
    leaving: int | None
    inputs: Mapping[str, Any]

    @property
    def questions(self) -> tuple[int, ...]:
        return () if self.leaving is None else (self.leaving,)

    def leaves(self, reason: str) -> bool:
        """Whether the customer leaves if the message is refused for this reason."""
        asked = self.on_cap if reason == "frequency_cap" and self.on_cap else self.on_skip
        return asked == "leave"

    @property
    def draws(self) -> bool:
        return bool(self.variants[0])

    def run(self, walk: Walk) -> int:
        if self.leaving is not None:
            leaves = walk.ask(self.leaving)
            if leaves is None:
                return UNANSWERED
            if leaves:
                why = {"reason": decisions.LEAVE_IF, "saw": walk.saw(self.leaving)}
                walk.note("left_by_rule", why)
                return walk.stop(decisions.Leave(decisions.LEAVE_IF, completed=False))
        return self._send(walk)

    def _send(self, walk: Walk) -> int:
        arm, content, inputs = walk.last_arm(), self.contents[0], self.inputs
        if self.variants[0]:
            arm, content = self._variant(walk)
            inputs = {**inputs, "arm": arm}
        walk.note("message_planned", inputs)
        walk.decisions.append(
            decisions.Send(
                self.id,
                walk.visit,
                content,
                self.channels,
                self.topic,
                self.expires,
                self.on_skip,
                arm,
                walk.ghost,
                self.on_cap,
            )
        )
        return self.next

    def _variant(self, walk: Walk) -> tuple[str, int]:
        kept = walk.arms.get(self.id) or walk.state.earlier_arms.get(self.id)
        if kept in self.variants:
            at = self.variants.index(kept)
        else:
            bucket = draw.bucket(f"{walk.journey}:{self.id}", walk.state.customer)
            at = next(at for at, stop in enumerate(self.stops) if bucket < stop)
        walk.arms = {**walk.arms, self.id: self.variants[at]}
        return self.variants[at], self.contents[at]
