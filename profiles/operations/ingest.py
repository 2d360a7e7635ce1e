"""The one door for events: deduplicates, resolves identities, writes profiles and the log.

One transaction and a constant number of statements, however many calls. Whoever loses a race
starts over; concurrent batches never wait in a circle (see `customers`).
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import msgspec
from django.db import DatabaseError, IntegrityError, transaction

from profiles.core.attributes import Patch, Unreadable, fold, patch
from profiles.core.consent import ConsentChange
from profiles.core.events import SYSTEM, Incoming, SystemEvent
from profiles.core.identity import USER, Resolution, keys_of, resolve
from profiles.core.stage_changes import Touch, touches
from profiles.operations import customers, lifecycle, merge, partitions
from profiles.operations.consent import set_consents
from profiles.operations.customers import Raced
from profiles.operations.record import Row, record, write
from profiles.queries.faultpoint import reached
from profiles.queries.purchases import event_names

ATTEMPTS = 8
RETRIED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was written, and the next attempt may pass."""
NO_PARTITION = "23514"

_encode = msgspec.json.Encoder().encode
_Result = TypeVar("_Result")


class Warned(NamedTuple):
    """A trait of the call at `place`, counted from 0, which was left out."""

    place: int
    problem: Unreadable


class Ingested(NamedTuple):
    """What became of a batch: events logged, repetitions passed over, customers made and merged."""

    taken: int = 0
    repeated: int = 0
    created: int = 0
    merged: int = 0
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileUpdate:
    """A change of one profile by Sojourn itself: attributes to set and unset, consents."""

    customer_id: int
    set: Mapping[str, Any] = field(default_factory=dict)
    unset: Sequence[str] = ()
    consents: Sequence[ConsentChange] = ()


def ingest(messages: Sequence[Incoming], *, source: str, now: dt.datetime) -> Ingested:
    """Take in calls, in their order. Committed on return, unless the caller has a transaction.

    `source` names the sender; a message id counts once for each source, for ever.
    """
    if not messages:
        return Ingested()
    partitions.ensure({message.at for message in messages} | {now})
    return persistent(lambda: _attempt(messages, source, now))


def persistent(attempt: Callable[[], _Result]) -> _Result:
    """Run a transaction until it neither races nor deadlocks; the last failure is the caller's."""
    for _ in range(ATTEMPTS - 1):
        try:
            with transaction.atomic():
                return attempt()
        except Raced:
            continue
        except IntegrityError as error:
            if getattr(error.__cause__, "sqlstate", "") != NO_PARTITION:
                raise
            partitions.forget()
        except DatabaseError as error:
            if getattr(error.__cause__, "sqlstate", "") not in RETRIED:
                raise
    with transaction.atomic():
        return attempt()


def _attempt(messages: Sequence[Incoming], source: str, now: dt.datetime) -> Ingested:
    fresh = _fresh(messages, source, now)
    if not fresh:
        return Ingested(repeated=len(messages))
    calls = [messages[index] for index in fresh]
    found = resolve(calls, customers.owners(keys_of(calls)))
    people = _people(calls, found, now)
    merge.join(found.joinings, now=now)
    patches, unreadable = _patches(calls, people)
    named = {people.ids[ref] for (kind, _), ref in found.links.items() if kind == USER}
    _write_profiles(patches, named, now)
    reached("mid_ingest")
    write([*_created_rows(people), *_rows(calls, people.subjects, source)], now=now)
    _follow(_touched(calls, people.subjects, found), now)
    return Ingested(
        taken=len(calls),
        repeated=len(messages) - len(calls),
        created=len(people.created),
        merged=len(found.joinings),
        warnings=tuple(Warned(fresh[index], problem) for index, problem in unreadable),
    )


def _fresh(messages: Sequence[Incoming], source: str, now: dt.datetime) -> list[int]:
    """The indexes of the calls that were never taken before; of several with one id, the first."""
    claimed = customers.take_keys(source, (m.message_id for m in messages), now=now)
    fresh = []
    for index, message in enumerate(messages):
        if message.message_id:
            if message.message_id not in claimed:
                continue
            claimed.discard(message.message_id)
        fresh.append(index)
    return fresh


class _People(NamedTuple):
    """The customers of a batch: `subjects` has one id per call, `ids` leads from refs to ids."""

    subjects: list[int]
    ids: Mapping[int, int]
    created: list[tuple[int, dt.datetime]]
    countries: Mapping[int, str]


def _people(calls: Sequence[Incoming], found: Resolution, now: dt.datetime) -> _People:
    """Create who is new, hand out identifiers, and hold everybody until the transaction ends."""
    seen: dict[int, dt.datetime] = {}
    for ref, call in zip(found.subjects, calls, strict=True):
        seen.setdefault(ref, call.at)
    moments = [seen[ref] for ref in found.created]
    new = dict(zip(found.created, customers.create(moments, now=now), strict=True))
    ids = _Ids(new)
    links = {key: ids[ref] for key, ref in found.links.items()}
    customers.link(links, now=now)
    stored = {ref for ref in seen if ref > 0} | {pair.merged for pair in found.joinings}
    countries = customers.lock(stored, _strength(calls, found)) if stored else {}
    if len(countries) < len(stored):
        raise Raced
    customers.require_visitors(found.visitors, links)
    created = list(zip(new.values(), moments, strict=True))
    return _People([ids[ref] for ref in found.subjects], ids, created, countries)


class _Ids(dict[int, int]):
    """The ids of new customers by ref; stored customers stand for themselves."""

    def __missing__(self, ref: int) -> int:
        return ref


def _strength(calls: Iterable[Incoming], found: Resolution) -> customers.Strength:
    if found.joinings:
        return "UPDATE"
    writes = found.visitors or any(call.call in ("identify", "alias") for call in calls)
    return "NO KEY UPDATE" if writes else "KEY SHARE"


def _patches(
    calls: Sequence[Incoming], people: _People
) -> tuple[dict[int, Patch], list[tuple[int, Unreadable]]]:
    """What the identify calls say about each customer, and which traits were left out."""
    said: dict[int, list[int]] = {}
    for index, call in enumerate(calls):
        if call.call == "identify" and call.properties:
            said.setdefault(people.subjects[index], []).append(index)
    patches, unreadable = {}, []
    for customer_id, indexes in said.items():
        indexes.sort(key=lambda index: calls[index].at)
        traits = [calls[index].properties for index in indexes]
        country = people.countries.get(customer_id, "")
        patches[customer_id], problems = fold(traits, country=country)
        unreadable += [(indexes[number], problem) for number, problem in problems]
    return patches, sorted(unreadable)


def _write_profiles(patches: Mapping[int, Patch], named: set[int], now: dt.datetime) -> None:
    """Write attributes; an e-mail or phone that is nobody's yet becomes an identifier."""
    given = customers.identifying(patches)
    customers.write(patches, named | set(given.values()), now=now)
    if given:
        customers.claim(given, now=now)


def _created_rows(people: _People) -> Iterable[Row]:
    for customer_id, at in people.created:
        yield Row(customer_id, "customer.created", at, SYSTEM, "", b"{}", b"{}")


def _rows(calls: Sequence[Incoming], subjects: Sequence[int], source: str) -> Iterable[Row]:
    for call, customer_id in zip(calls, subjects, strict=True):
        yield Row(
            customer_id,
            call.name,
            call.at,
            source,
            call.message_id,
            _encode(call.properties),
            _encode(call.context),
        )


def _touched(
    calls: Sequence[Incoming], subjects: Sequence[int], found: Resolution
) -> dict[int, Touch]:
    """Whom the lifecycle has to look at, and why. A merge brings a history with orders."""
    meanings = touches(event_names())
    touched: dict[int, Touch] = {pair.survivor: Touch.ORDER for pair in found.joinings}
    for customer_id, name in {(who, call.name) for who, call in zip(subjects, calls, strict=True)}:
        meaning = meanings.get(name, Touch.ACTIVITY)
        known = touched.get(customer_id)
        touched[customer_id] = meaning if known is None else known | meaning
    return touched


def _follow(touched: Mapping[int, Touch], now: dt.datetime) -> None:
    """Place in the lifecycle whom these events move, and log the moves."""
    changes = lifecycle.follow(touched, now=now)
    record([change.event for change in changes], now=now)


def update_profiles(updates: Sequence[ProfileUpdate], *, now: dt.datetime) -> int:
    """Change profiles on Sojourn's own account; each change is logged as an `identify` of source
    `system`. Customers who are gone are passed over. Returns how many customers were changed.
    """
    with transaction.atomic():
        countries = customers.lock({update.customer_id for update in updates}, "NO KEY UPDATE")
        traits: dict[int, dict[str, Any]] = {}
        for update in updates:
            if update.customer_id in countries:
                said = traits.setdefault(update.customer_id, {})
                said.update(update.set)
                said.update(dict.fromkeys(update.unset))
        patches = {
            customer_id: patch(said, country=countries[customer_id])[0]
            for customer_id, said in traits.items()
        }
        _write_profiles(patches, set(), now)
        record([_own_identify(*entry, now) for entry in traits.items() if entry[1]], now=now)
        set_consents([change for update in updates for change in update.consents], now=now)
        _follow(dict.fromkeys(traits, Touch.IDENTIFY), now)
    return len(traits)


def _own_identify(customer_id: int, traits: dict[str, Any], at: dt.datetime) -> SystemEvent:
    return SystemEvent(customer_id=customer_id, name="identify", at=at, properties=traits)
