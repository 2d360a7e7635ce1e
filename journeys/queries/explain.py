"""Why a customer did or did not get what: the log of decisions and messages, and for somebody who
is not in the journey every check that stands between them and it, asked now.

Reads only. `checks` are in the order in which they were made, or would be.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.db import connection

from channels.queries import calls, messages
from journeys.core.because import judged, refusing
from journeys.core.entry import History, may_enter
from journeys.core.plan import Plan
from journeys.models import Journey
from journeys.queries import enrollments, plans
from journeys.queries.limits import rooms
from journeys.queries.plans import Loaded
from profiles.core.answers import instant_text
from profiles.core.conditions import All, Condition
from profiles.core.conditions.explain import explain as in_words
from profiles.core.conditions.explain import explain_where
from profiles.queries.conditions import Ask, Pair, Subject, answers, matches
from profiles.queries.lately import Happened, latest

MOST = 500
EACH = 20
"""How many of the last events of a name are tried on a trigger."""
LINES = "SELECT id, at, code, step, visit, version_id, inputs::text FROM journeys_decision"
MADE = f"""{LINES}
WHERE customer_id = %s AND journey_id = %s AND at <= %s ORDER BY at DESC, id DESC LIMIT %s
"""
ON_WALK = f"{LINES} WHERE enrollment_id = %s ORDER BY id LIMIT %s"
STANDING = """
SELECT e.id, e.visit, e.step, e.step_at, e.due_at, e.ghost, e.arms::text, e.key,
    ARRAY(SELECT w.event FROM journeys_wait w WHERE w.enrollment_id = e.id ORDER BY 1)
FROM journeys_enrollment e
WHERE e.customer_id = %s AND e.journey_id = %s AND e.status = 'active' ORDER BY e.id
"""
ENTERED = "SELECT count(*) FROM journeys_enrollment WHERE customer_id = %s AND journey_id = %s"

Check = dict[str, Any]


def explain(
    customer_id: int,
    journey: Journey,
    *,
    now: dt.datetime,
    at: dt.datetime | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """The customer's story with the journey, up to `at` or to now.

    `checks`: {at, check, step, passed, reason, inputs}; `position`: one for each walk on the way;
    `next`: what happens next, and when. The present is asked only when `at`, which the answer
    repeats, is None. Conditions are told in `language`.
    """
    made = _made(customer_id, journey.pk, at or now, language)
    position = _position(customer_id, journey.pk) if at is None else []
    asked: list[Check] = []
    if at is None and not position:
        asked = list(_asked(customer_id, journey, now, language))
    return {
        "customer": customer_id,
        "journey": journey.slug,
        "at": instant_text(at) if at else None,
        "entered": _entered(customer_id, journey.pk),
        "checks": [*made, *_messages(customer_id, journey.slug, at or now), *asked],
        "position": position,
        "next": _next(position),
    }


def of_walk(enrollment: int, *, language: str = "en") -> list[Check]:
    """What was decided on one walk, oldest first, in the same shape."""
    with connection.cursor() as cursor:
        cursor.execute(ON_WALK, [enrollment, MOST])
        return _decided(cursor.fetchall(), language)


def _entered(customer: int, journey: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(ENTERED, [customer, journey])
        return bool(cursor.fetchone()[0])


def _made(customer: int, journey: int, until: dt.datetime, language: str) -> list[Check]:
    """The decision log, oldest first: in the order in which it was written, as workers beside each
    other have read the clock at moments of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(MADE, [customer, journey, until, MOST])
        return _decided(cursor.fetchall(), language)


def _decided(rows: list[tuple[Any, ...]], language: str) -> list[Check]:
    versions = plans.of_versions({row[5] for row in rows if row[5]})
    found: list[Check] = []
    for _, at, code, step, visit, version, kept in sorted(rows):
        inputs = msgspec.json.decode(kept)
        if version in versions:
            inputs = _told(versions[version].plan, step, code, inputs, language)
        again = {"visit": visit} if visit > 1 else {}
        passed = not code.startswith("refused_")
        found.append(_check(at, "decision", code, passed, step=step, inputs=inputs | again))
    return found


def _told(
    plan: Plan, step: str, code: str, inputs: dict[str, Any], language: str
) -> dict[str, Any]:
    """The inputs with conditions in words: `because`, what each was judged by, and the clause."""
    because = [
        {"clause": in_words(leaf, language), "saw": saw}
        for leaf, saw in judged(plan, step, code, inputs)
    ]
    clause = refusing(plan, code, inputs)
    known = {key: value for key, value in inputs.items() if key not in ("saw", "clause")}
    if clause is not None:
        known["clause"] = in_words(clause, language)
    return {**known, "because": because} if because else known


def _check(
    at: dt.datetime | None,
    check: str,
    reason: str,
    passed: bool,
    *,
    step: str = "",
    inputs: Mapping[str, Any] | None = None,
) -> Check:
    return {
        "at": instant_text(at) if at else None,
        "check": check,
        "step": step,
        "passed": passed,
        "reason": reason,
        "inputs": dict(inputs or {}),
    }


def _messages(customer: int, journey: str, until: dt.datetime) -> list[Check]:
    """What became of every message, oldest first."""
    found = messages.page(
        customer=customer, journey=journey, status="", before=None, limit=MOST
    ).items
    shown = [
        {
            "at": each["created_at"],
            "check": "message",
            "step": each["step"],
            "passed": each["status"] in ("queued", "sending", "sent", "delivered"),
            "reason": each["reason"] or each["status"],
            "inputs": {
                "message": each["id"],
                "status": each["status"],
                "channel": each["channel"],
                **({"until": each["send_after"]} if each["status"] == "queued" else {}),
            },
        }
        for each in found
        if each["created_at"] <= instant_text(until)
    ]
    return sorted(shown, key=lambda each: str(each["at"]))


def _position(customer: int, journey: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [customer, journey])
        rows = cursor.fetchall()
    asked = calls.under_way([row[0] for row in rows]) if rows else {}
    return [
        {
            "step": step,
            "since": instant_text(since),
            "due_at": instant_text(due) if due else None,
            "waits_for": events,
            "call": _asked_for(asked.get((id, step, visit))),
            "ghost": ghost,
            "arms": msgspec.json.decode(arms),
            "key": key,
        }
        for id, visit, step, since, due, ghost, arms, key, events in rows
    ]


def _asked_for(call: calls.UnderWay | None) -> dict[str, Any] | None:
    """The call whose answer is waited for: whom it asks, how often it did, and when again."""
    if call is None:
        return None
    return {
        "host": urlsplit(call.url).netloc,
        "attempts": call.attempts,
        "again_at": instant_text(call.again_at),
        "error": call.error,
    }


def _next(position: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The walk that moves first."""
    if not position:
        return None
    first = min(position, key=lambda each: each["due_at"] or "9")
    return {
        "at": first["due_at"],
        "step": first["step"],
        "or_event": first["waits_for"],
        "call": first["call"],
    }


def _asked(customer: int, journey: Journey, now: dt.datetime, language: str) -> Iterator[Check]:
    """What stands between somebody outside and the journey, one check after the other."""
    live = journey.state == "live"
    yield _check(now, "live", journey.state, live)
    version = plans.current().entering.get(journey.slug)
    if version is None:
        return
    yield from _triggers(customer, version, now, language)
    yield from _audience(customer, version, now, language)
    yield _admission(customer, version, now)
    yield from _limits(version, now)


def _triggers(customer: int, version: Loaded, now: dt.datetime, language: str) -> Iterator[Check]:
    """For every event that lets in: whether it ever happened so."""
    triggers = version.plan.enter.triggers
    happened = latest(customer, list(triggers), each=EACH)
    for name, listeners in triggers.items():
        events = [event for event in happened if event.name == name]
        for listener in listeners:
            where = None if listener.where is None else version.plan.where[listener.where]
            fits = [True] * len(events)
            if where is not None:
                pairs = [Pair(customer, event.id, event.at, 0) for event in events]
                fits = matches([where], pairs, now=now)
            yield _trigger(name, explain_where(where, language) if where else "", events, fits)


def _trigger(name: str, clauses: str, events: list[Happened], fits: list[bool]) -> Check:
    fitting = [event for event, fit in zip(events, fits, strict=True) if fit]
    reason = "happened" if fitting else "happened_otherwise" if events else "never_happened"
    inputs = {"event": name, "where": clauses, "last": len(events), "fitting": len(fitting)}
    found = fitting or events
    return _check(found[0].at if found else None, "trigger", reason, bool(fitting), inputs=inputs)


def _audience(customer: int, version: Loaded, now: dt.datetime, language: str) -> Iterator[Check]:
    """`enter.if` clause by clause; what names the entry event is asked without one."""
    if version.plan.enter.audience is None:
        return
    whole = version.plan.conditions[version.plan.enter.audience]
    clauses: tuple[Condition, ...] = whole.of if isinstance(whole, All) else (whole,)
    asks = [Ask(clause, frozenset([0])) for clause in clauses]
    known = answers(asks, [Subject(0, customer, {}, 0)], now=now).get(0)
    for number, clause in enumerate(clauses):
        holds = bool(known and known[number])
        reason = "holds" if holds else "does_not_hold"
        yield _check(now, "audience", reason, holds, inputs={"clause": in_words(clause, language)})


def _limits(version: Loaded, now: dt.datetime) -> Iterator[Check]:
    """Whether there is room, in a journey whose entrance is limited."""
    limited = {version.journey_id: version.plan.enter.limits}
    for room in rooms(limited, now=now).values():
        inputs = {"limit": room.limit, "most": room.most, "left": room.left}
        reason = "room" if room.left else "full"
        yield _check(now, "limit", reason, bool(room.left), inputs=inputs)


def _admission(customer: int, version: Loaded, now: dt.datetime) -> Check:
    """The rule of `again`, then the draws."""
    walks = enrollments.history([customer], [version.journey_id]).get(
        (version.journey_id, customer), []
    )
    history = History(
        running=any(walk.running for walk in walks),
        left_at=max((walk.left_at for walk in walks if walk.left_at), default=None),
        exposed=any(walk.treated for walk in walks),
    )
    admission = may_enter(
        version.plan,
        history,
        now,
        customer=str(customer),
        global_control=settings.SOJOURN_GLOBAL_CONTROL,
    )
    inputs = {**admission.inputs, "ghost": admission.ghost}
    passed = admission.enters and not admission.ghost
    return _check(now, "again" if not admission.enters else "control", admission.code, passed,
                  inputs=inputs)  # fmt: skip
