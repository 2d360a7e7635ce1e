"""A dry run on the canvas: what the draft or the live version would do, over the base.

On a private copy; nothing is kept and nobody is written to.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import Any, NamedTuple

import msgspec
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from config.dry_run import Terms, simulate
from config.dry_run_api import MOST, SAMPLE
from journeys.admin import figures
from journeys.admin.canvas import canvas_views
from journeys.admin.words import DECISIONS
from journeys.core.graph import ENTER, FINISHED
from journeys.models import Journey
from profiles.admin.base import Refused, now, reason, word

AT_ONCE = BoundedSemaphore(2)
"""Each holds a worker and a connection while it lasts."""


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """How many days ahead, for how many customers, by the draft or the live version."""

    days: int = 30
    sample: int = SAMPLE
    live: bool = False


class Job(NamedTuple):
    """What is run, as of when, told in which language."""

    slug: str
    terms: Terms
    now: dt.datetime
    language: str


class Told(NamedTuple):
    """A line of the answer."""

    key: str
    value: Any


Answer = SimpleQueue[Told | None]


class Unwanted(Exception):
    """Nobody waits for the answer any more."""


def rehearse(request: HttpRequest, row: Journey) -> StreamingHttpResponse:
    """A line of JSON each time that some of it is done, and the figures at the end; it ends when
    nobody reads any more.
    """
    asked = msgspec.json.decode(request.body or b"{}", type=Asked)
    if not 1 <= asked.sample <= MOST:
        raise Refused("invalid", _("A dry run here takes 1 to %s customers.") % MOST, status=422)
    terms = Terms(days=asked.days, sample=asked.sample, live=asked.live)
    return StreamingHttpResponse(
        _lines(Job(row.slug, terms, now(), get_language() or "en")),
        content_type="application/x-ndjson",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _lines(job: Job) -> Iterator[bytes]:
    if not AT_ONCE.acquire(blocking=False):
        with translation.override(job.language):
            message = _("Two dry runs are under way already: try again when one is through.")
        yield _line(Told("refused", message))
        return
    answer: Answer = SimpleQueue()
    unwanted = Event()
    try:
        Thread(target=_run, args=(job, answer, unwanted), daemon=True).start()
        while (each := answer.get()) is not None:
            yield _line(each)
    finally:
        unwanted.set()
        AT_ONCE.release()


def _run(job: Job, answer: Answer, unwanted: Event) -> None:
    """In a thread of its own, with a connection of its own."""

    def tell(done: float) -> None:
        if unwanted.is_set():
            raise Unwanted
        answer.put(Told("done", round(done, 4)))

    try:
        with translation.override(job.language):
            answer.put(_told(job, tell))
    except Unwanted:
        pass
    finally:
        answer.put(None)
        connection.close()


def _told(job: Job, tell: Callable[[float], None]) -> Told:
    try:
        return Told("found", _shown(simulate(job.slug, job.terms, now=job.now, tell=tell)))
    except Refused as refusal:
        return Told("refused", str(refusal))


def _line(told: Told) -> bytes:
    return msgspec.json.encode({told.key: told.value}) + b"\n"


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    """The figures as the canvas has the live ones: without lists, for nobody is there."""
    steps = {each["id"]: _unlinked(figures.shown(each)) for each in figures.steps(found)}
    ways = [
        {"from": "" if each["from"] == ENTER else each["from"], "customers": each["customers"],
         "to": FINISHED if each["to"].startswith(f"{FINISHED}:") else each["to"], "url": ""}
        for each in found["edges"]
    ]  # fmt: skip
    return {
        "customers": found["customers"],
        "assumes": found["assumes"],
        "days": found["days"],
        "refused": [
            {"reason": _why(code), "number": number} for code, number in found["refused"].items()
        ],
        "figures": {
            "version": None,
            "steps": steps,
            "ways": ways,
            "entered": sum(each["customers"] for each in ways if not each["from"]),
            "active": sum(each["waiting"] for each in found["steps"]),
            "experiments": {},
            "versions": [],
        },
    }


def _why(code: str) -> str:
    return word(DECISIONS, f"refused_{code}") if f"refused_{code}" in DECISIONS else reason(code)


def _unlinked(step: dict[str, Any]) -> dict[str, Any]:
    reasons = [(why, number, "") for why, number, _url in step["reasons"]]
    counted = {
        key: (each[0], "") for key, each in step.items() if isinstance(each, tuple | list)
        and key != "reasons"
    }  # fmt: skip
    return {**step, **counted, "reasons": reasons}


canvas_views["dryrun"] = {"POST": rehearse}
