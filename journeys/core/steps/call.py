"""`call` — asks another system over HTTP; the customer stays until its answer is there.

A JSON answer can be saved into the enrollment's context. A ghost's call is withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from journeys.core import decisions
from journeys.core.decisions import Await, Leave
from journeys.core.problem import Problem, problem
from journeys.core.reading import Fields
from journeys.core.steps.base import (
    Builder,
    Common,
    Exit,
    Known,
    Planned,
    Step,
    texts_of,
)
from journeys.core.walk import Reply, Walk
from profiles.core import durations
from profiles.core.conditions.reader import shown

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODILESS = "GET"
CONTINUE, LEAVE = "continue", "leave"
FAILED = "call_failed"
SHORTEST, LONGEST, USUAL = timedelta(seconds=1), timedelta(seconds=20), timedelta(seconds=10)
MOST_RETRIES, USUAL_RETRIES = 10, 5
LONGEST_TEXT = 2_000
RESERVED = frozenset({
    "connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding",
    "upgrade",
})  # fmt: skip
SIGNED = "webhook-"

_ADDRESS = re.compile(
    r"https?://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(?=[/?]|$)"
)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

SCHEMA: Mapping[str, Any] = {
    "call": {
        "type": "object",
        "additionalProperties": False,
        "required": ["url"],
        "properties": {
            "url": {"type": "string"},
            "method": {"enum": list(METHODS)},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": {},
            "save": {"type": "string"},
            "timeout": {"$ref": "#/$defs/duration"},
            "retries": {"type": "integer", "minimum": 0, "maximum": MOST_RETRIES},
            "on_error": {"type": "string"},
        },
    }
}


class Call(Step, frozen=True, kw_only=True):
    """`on_error` is `continue`, `leave`, `end` or a step's id; a step of such a name is not it."""

    kind: ClassVar[str] = "call"
    url: str
    method: str
    headers: Mapping[str, str]
    body: Any
    save: str
    timeout: timedelta
    retries: int
    on_error: str

    def exits(self) -> tuple[Exit, ...]:
        if self.on_error in (CONTINUE, LEAVE):
            return (Exit(self.then),)
        return (Exit(self.then), Exit(self.on_error, "failed"))

    def words(self) -> str:
        found = _ADDRESS.match(self.url)
        return f"Call {found['host'] if found else self.url}"

    def faults(self, known: Known) -> Iterator[Problem]:
        path = f"{self.path}.call"
        if not self.url:
            yield problem(f"{path}.url", "missing", "Say whom to call, such as https://….")
        if self.body is not None and self.method == BODILESS:
            message = "A GET has no body; take it away, or write `method: POST`."
            yield problem(f"{path}.body", "ambiguous", message)
        written = {"url": self.url, "headers": dict(self.headers), "body": self.body}
        for place, text in texts_of(written, path):
            yield from known.text(text, place)

    def build(self, builder: Builder, index: int) -> PlannedCall:
        following = builder.target(self.then, index)
        named = self.on_error not in (CONTINUE, LEAVE)
        return PlannedCall(
            index=index,
            id=self.id,
            next=following,
            url=self.url,
            method=self.method,
            headers=self.headers,
            body=self.body,
            save=self.save,
            timeout=self.timeout,
            retries=self.retries,
            failed=builder.target(self.on_error, index) if named else following,
            leaves=self.on_error == LEAVE,
            inputs={"method": self.method, "url": self.url},
        )


def read(fields: Fields, common: Common) -> Call:
    inner = fields.inner("call", "{url: https://api.example.com/score, save: score}")
    inner = inner or Fields({}, fields.at("call"), fields.problems)
    step = Call(
        **common,
        url=_read_url(inner),
        method=inner.choice("method", METHODS, "POST"),
        headers=dict(_read_headers(inner)),
        body=inner.get("body"),
        save=_read_name(inner),
        timeout=_read_timeout(inner),
        retries=_read_retries(inner),
        on_error=inner.text("on_error") or CONTINUE,
    )
    inner.close()
    return step


def _read_url(fields: Fields) -> str:
    url = fields.text("url", limit=LONGEST_TEXT).strip()
    if url and _ADDRESS.match(url) is None:
        message = (
            "Write an address with its host as it is, such as https://api.example.com/score;"
            " templates may stand behind the host."
        )
        fields.report("url", "invalid", message)
        return ""
    return url


def _read_headers(fields: Fields) -> Iterator[tuple[str, str]]:
    inner = fields.inner("headers", "{X-Team: growth}")
    seen: set[str] = set()
    if inner is None:
        return
    for name in inner.raw:
        value = inner.get(name)
        fault = _fault_of_header(name, value)
        if name.lower() in seen:
            fault = "This header is there twice; keep one."
        seen.add(name.lower())
        if fault:
            inner.report(name, "invalid", fault)
        else:
            yield name, value


def _fault_of_header(name: str, value: Any) -> str:
    """What keeps it from being sent; "" for nothing."""
    if not _HEADER.fullmatch(name):
        return "A header's name has letters, digits and dashes."
    if name.lower() in RESERVED or name.lower().startswith(SIGNED):
        return f"“{name}” is set by itself; take it away."
    if not isinstance(value, str):
        return f"Write the header's value as text, not {shown(value)}."
    if len(value) > LONGEST_TEXT or any(letter in value for letter in "\r\n\0"):
        return f"A header's value is one line of at most {LONGEST_TEXT:,} characters."
    return ""


def _read_name(fields: Fields) -> str:
    name = fields.text("save")
    if name and not _NAME.fullmatch(name):
        message = "Save under a name of letters, digits and `_`, such as score."
        fields.report("save", "invalid", message)
        return ""
    return name


def _read_timeout(fields: Fields) -> timedelta:
    found = fields.duration("timeout")
    if found is not None and not SHORTEST <= found <= LONGEST:
        message = f"Wait {durations.written(SHORTEST)} to {durations.written(LONGEST)} at a time."
        fields.report("timeout", "invalid", message)
        return USUAL
    return USUAL if found is None else found


def _read_retries(fields: Fields) -> int:
    value = fields.get("retries")
    if value is None:
        return USUAL_RETRIES
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_RETRIES:
        message = f"Write a whole number of 0 to {MOST_RETRIES}, not {shown(value)}."
        fields.report("retries", "invalid", message)
        return USUAL_RETRIES
    return int(value)


class PlannedCall(Planned, frozen=True, kw_only=True):
    """`failed` follows a call that failed for good, unless the customer `leaves` then."""

    kind: ClassVar[str] = "call"
    url: str
    method: str
    headers: Mapping[str, str]
    body: Any
    save: str
    timeout: timedelta
    retries: int
    failed: int
    leaves: bool
    inputs: Mapping[str, Any]

    @property
    def resumes(self) -> tuple[int, ...]:
        return (self.next,) if self.leaves else tuple({self.next, self.failed})

    def run(self, walk: Walk) -> int:
        if walk.ghost:
            walk.note("call_withheld", {**self.inputs, "ghost": walk.ghost})
            return self.next
        walk.note("call_made", self.inputs)
        walk.decisions.append(
            decisions.Call(
                self.id,
                walk.visit,
                self.method,
                self.url,
                self.headers,
                self.body,
                bool(self.save),
                self.timeout,
                self.retries,
            )
        )
        return walk.stop(Await((), walk.arrived_at, None))

    def resume(self, walk: Walk) -> int:
        reply = walk.state.reply
        if reply is None:
            return walk.stop(Await((), walk.state.step_at, None))
        tried = {"status": reply.status, "attempts": reply.attempts}
        if reply.ok:
            walk.note("call_answered", tried)
            return self.next
        walk.note(FAILED, {**tried, "error": reply.error})
        if self.leaves:
            return walk.stop(Leave(FAILED, completed=False))
        return self.failed

    def remembered(self, context: Mapping[str, Any], reply: Reply) -> Mapping[str, Any]:
        """The context with the answer in it, or without any where there is none."""
        if not self.save:
            return context
        rest = {name: value for name, value in context.items() if name != self.save}
        return {**rest, self.save: reply.value} if reply.ok else rest
