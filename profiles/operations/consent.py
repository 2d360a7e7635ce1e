"""Records what customers agree to: the present state, its history, an event for each change."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from django.db import connection, transaction

from profiles.core.answers import instant_text
from profiles.core.consent import WHOLE, ConsentChange
from profiles.core.events import SystemEvent
from profiles.operations import customers
from profiles.operations.record import record

_encode = msgspec.json.Encoder().encode
_Key = tuple[int, str, str]


class _State(NamedTuple):
    """`sha256` names the words that a pending consent waits to be confirmed with."""

    state: str
    at: dt.datetime
    until: dt.datetime | None = None
    sha256: str = ""


class _Written(NamedTuple):
    """A change that took effect, with the state before it ("" = none)."""

    change: ConsentChange
    at: dt.datetime
    previous: str


def set_consents(changes: Sequence[ConsentChange], *, now: dt.datetime) -> int:
    """Apply changes in the order given; returns how many changed a state.

    Passed over are repetitions, words older than the one on record, answers to a word that no
    longer stands, and customers who are gone.
    """
    if not changes:
        return 0
    with transaction.atomic():
        standing = customers.lock({change.customer_id for change in changes}, "NO KEY UPDATE")
        states = _states(standing)
        written = list(_effective((c for c in changes if c.customer_id in standing), states, now))
        if written:
            _write_states(written)
            _write_history(written)
            record([_event(entry) for entry in written], now=now)
    return len(written)


def _states(customer_ids: Iterable[int]) -> dict[_Key, _State]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT customer_id, channel, topic, state, at, until, COALESCE(proof->>'sha256', '') "
            "FROM profiles_consent WHERE customer_id = ANY(%s)",
            [sorted(customer_ids)],
        )
        return {(row[0], row[1], row[2]): _State(*row[3:]) for row in cursor.fetchall()}


def _effective(
    changes: Iterable[ConsentChange], states: dict[_Key, _State], now: dt.datetime
) -> Iterable[_Written]:
    for change in changes:
        key = (change.customer_id, change.channel, change.topic)
        after = _State(
            change.state, change.at or now, change.until, str(change.proof.get("sha256", ""))
        )
        before = states.get(key)
        if not _counts(change, before, after) or _refused_since(change, states):
            continue
        states[key] = after
        yield _Written(change, after.at, before.state if before else "")


def _counts(change: ConsentChange, before: _State | None, after: _State) -> bool:
    if before is None:
        return change.answers is None and change.state != "resumed"
    if change.answers is not None and (
        before.state not in ("pending", "paused") or before.at != change.answers
    ):
        return False
    reworded = after.state == "pending" and after.sha256 not in ("", before.sha256)
    changed = (before.state, before.until) != (after.state, after.until) or reworded
    return changed and before.at <= after.at


def _refused_since(change: ConsentChange, states: Mapping[_Key, _State]) -> bool:
    """Whether it answers a question about a topic, and the whole channel was refused since."""
    whole = states.get((change.customer_id, change.channel, WHOLE))
    if change.answers is None or whole is None:
        return False
    return whole.state == "unsubscribed" and whole.at > change.answers


def _event(entry: _Written) -> SystemEvent:
    change = entry.change
    return SystemEvent(
        customer_id=change.customer_id,
        name="consent.changed",
        at=entry.at,
        properties={
            "channel": change.channel,
            "topic": change.topic,
            "state": change.state,
            "previous": entry.previous,
            "source": change.source,
            **({"until": instant_text(change.until)} if change.until else {}),
        },
    )


_COLUMNS = "customer_id, channel, topic, state, source, proof, at, until"
_GIVEN = (
    "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[],"
    " %s::timestamptz[], %s::timestamptz[]"
)


def _write_states(written: Sequence[_Written]) -> None:
    last = {(e.change.customer_id, e.change.channel, e.change.topic): e for e in written}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO profiles_consent ({_COLUMNS}) SELECT * FROM {_GIVEN}) "
            "ON CONFLICT (customer_id, channel, topic) DO UPDATE SET state = EXCLUDED.state, "
            "source = EXCLUDED.source, proof = EXCLUDED.proof, at = EXCLUDED.at, "
            "until = EXCLUDED.until",
            _arrays(list(last.values())),
        )


def _write_history(written: Sequence[_Written]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO profiles_consentchange ({_COLUMNS}, previous) "
            f"SELECT * FROM {_GIVEN}, %s::text[])",
            [*_arrays(written), [entry.previous for entry in written]],
        )


def _arrays(written: Sequence[_Written]) -> list[list[object]]:
    changes = [entry.change for entry in written]
    return [
        [change.customer_id for change in changes],
        [change.channel for change in changes],
        [change.topic for change in changes],
        [change.state for change in changes],
        [change.source for change in changes],
        [_encode(change.proof).decode() for change in changes],
        [entry.at for entry in written],
        [change.until for change in changes],
    ]
