"""What a condition looks at: for indexing, and for knowing when its answer can change."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache

import msgspec

from profiles.core.conditions.ast import (
    All,
    AnyOf,
    Attribute,
    Check,
    Condition,
    Consent,
    Context,
    Entry,
    Event,
    InJourney,
    InSegment,
    InSequence,
    Leaf,
    Lifecycle,
    Message,
    Not,
    Random,
    Reachable,
    Stage,
    Where,
)


class References(msgspec.Struct, frozen=True):
    """`events` are the names read from the log, `contexts` paths of what was saved. `time` is true
    when the answer can change though nothing happens, `entry` when it depends on the event that a
    customer entered by.
    """

    events: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    contexts: frozenset[str] = frozenset()
    stages: frozenset[str] = frozenset()
    lifecycles: frozenset[str] = frozenset()
    consents: frozenset[tuple[str, str]] = frozenset()
    channels: frozenset[str] = frozenset()
    journeys: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    time: bool = False
    entry: bool = False


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every condition inside that is no `all`, `any` or `not`, in document order."""
    if isinstance(condition, All | AnyOf):
        for each in condition.of:
            yield from leaves(each)
    elif isinstance(condition, Not):
        yield from leaves(condition.of)
    else:
        yield condition


def references(*conditions: Condition) -> References:
    """What the conditions look at, together."""
    if len(conditions) == 1:
        return _of_condition(conditions[0])
    return _joined(_of_condition(each) for each in conditions)


@lru_cache(maxsize=4096)
def _of_condition(condition: Condition) -> References:
    """Found out once: a batch asks several times, and what is equal looks at the same."""
    return _joined(_of_leaf(leaf) for leaf in leaves(condition))


@lru_cache(maxsize=4096)
def where_references(where: Where) -> References:
    """The same for the clauses of a trigger: only `time` and `entry` can be set."""
    return _joined(_of_checks(clause.checks) for clause in where)


def _of_leaf(leaf: Leaf) -> References:
    match leaf:
        case Attribute(path=path, checks=checks):
            return _joined((References(attributes=frozenset({path})), _of_checks(checks)))
        case Context(path=path, checks=checks):
            return _joined((References(contexts=frozenset({path})), _of_checks(checks)))
        case Event() | InSequence() | Message() | InJourney():
            return _of_log(leaf)
        case _:
            return _of_standing(leaf)


def _of_log(leaf: Event | InSequence | Message | InJourney) -> References:
    match leaf:
        case Event():
            return _of_event(leaf)
        case InSequence(steps=steps, within=within):
            names = frozenset(step.name for step in steps)
            own = References(events=names, time=within is not None)
            return _joined((own, *(where_references(step.where) for step in steps)))
        case Message(journey=journey):
            journeys = frozenset({journey} - {""})
            return _joined((References(journeys=journeys), _of_event(leaf.as_event())))
        case InJourney(journey=journey):
            events = frozenset({"journey.entered", "journey.left"})
            return References(events=events, journeys=frozenset({journey}))


def _of_standing(
    leaf: Stage | Lifecycle | Consent | Reachable | InSegment | Random,
) -> References:
    match leaf:
        case InSegment(segment=segment):
            return References(segments=frozenset({segment}))
        case Stage(slugs=slugs):
            return References(stages=frozenset(slugs))
        case Lifecycle(slugs=slugs):
            return References(lifecycles=frozenset(slugs))
        case Consent(channel=channel, topic=topic):
            return References(consents=frozenset({(channel, topic)}))
        case Reachable(channel=channel):
            return References(channels=frozenset({channel}))
        case _:
            return References()


def _of_event(event: Event) -> References:
    own = References(events=frozenset({event.name}), time=event.within is not None)
    return _joined((own, _of_checks(event.checks), where_references(event.where)))


def _of_checks(checks: Iterable[Check]) -> References:
    values = [check.value for check in checks]
    return References(
        time=any(isinstance(value, timedelta) for value in values),
        entry=any(isinstance(value, Entry) for value in values),
    )


def _joined(parts: Iterable[References]) -> References:
    """The union of sets, and a flag where any has it."""
    found = References()
    for part in parts:
        pairs = (
            (name, getattr(found, name), getattr(part, name))
            for name in References.__struct_fields__
        )
        found = References(**{name: one | other for name, one, other in pairs})
    return found
