"""Random condition documents and people whose values collide often: the edges, and little else."""

import datetime as dt
from itertools import product
from typing import Any

from hypothesis import strategies as st

from profiles.core.conditions.vocabulary import MESSAGE_WORDS
from tests.oracle import Happening, Person

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
ZONES = ("UTC", "Europe/Prague", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
LENGTHS = ("1s", "90m", "1d", "30d", "52w")
LENGTH = st.sampled_from(LENGTHS)

TEXTS = st.sampled_from([
    "", "DE", "de", "D", "E", "5", "true", "null", "Straße", "STRASSE", "ΟΔΟΣ", "οδος", "ΟΔΟς", "İ",
    "i", "ı", "I", "Привет", "ПРИВЕТ", "ß", "a.b", "%", "\\", "'\"", "{}", "😀", "É", "é",
])  # fmt: skip
DATES = st.sampled_from([
    "2026-11-21", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00:00+0000",
    "2026-11-21T12:00:00.0000009Z", "2026-11-21 12:00", "2026-11-20T12:00:00Z", "2026-11-20T07:00",
    "2026-11-20T12:00:00.000001Z", "2026-10-22T12:00:00Z", "2026-11-22T12:00:00Z", "2026-12-21",
    "2026-11-22T12:00:00.000001Z", "2026-10-25T02:30", "2026-03-29T02:30", "2026-11-01T01:30",
    "2026-03-08T02:30", "2026-04-05T01:45", "2024-02-29", "0001-01-01", "9999-12-31T23:59:59-14:00",
])  # fmt: skip
NEARLY_DATES = st.sampled_from([
    "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "0000-01-01", "2026-1-1", "20261121",
    "2026-11-21T25:00", "2026-11-21T12:00:60Z", "2026-11-21T12:00:00+15:00", "2026-11-21T12",
    "2026-11-21\n", " 2026-11-21", "2026-11-21T12:00z", "٢٠٢٦-11-21", "2026-11-21T12:00:00.",
])  # fmt: skip
NUMBERS = st.sampled_from(
    [0, 1, 1.0, -1, 5, 5.0, 2.5, 0.1, 0.2, 0.30000000000000004, 0.3, 1e16, 2**63, 1e300, -0.0, 1e-7]
)
SCALARS = st.one_of(TEXTS, DATES, NUMBERS, st.booleans())
LEAVES = st.one_of(SCALARS, NEARLY_DATES, st.none())
KEYS = st.sampled_from(["a", "b", "a.b", "c", "0", "-1", "", "a.", "a.-1"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=4,
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=3)
PATHS = st.sampled_from(
    ["a", "b", "c", "a.b", "a.0", "a.00", "a.b.c", "b.0.a", "a.-1", "a.", "a. 0", "a.99999999999"]
)
PROGRAMS = st.sampled_from(["welcome", "cart"])
NAMES = st.sampled_from(["X", "Y"])

COMPARED = {
    "eq": st.one_of(SCALARS, st.lists(SCALARS, max_size=2)),
    "ne": SCALARS,
    **dict.fromkeys(("gt", "gte", "lt", "lte"), st.one_of(TEXTS, DATES, NEARLY_DATES, NUMBERS)),
    **dict.fromkeys(("in", "not_in"), st.lists(SCALARS, max_size=4)),
    **dict.fromkeys(("contains", "not_contains"), SCALARS),
    **dict.fromkeys(("starts_with", "ends_with", "ieq", "icontains"), TEXTS),
    "exists": st.booleans(),
    **dict.fromkeys(("before", "after"), DATES),
    **dict.fromkeys(("within_last", "within_next"), st.sampled_from(LENGTHS)),
    "is": PATHS.map(lambda path: f"entry.{path}"),
}
SMALL = st.sampled_from([0, 1, 2, 2.5, -1, 0.3, 0.15, 5, 1e16])
OF_NUMBERS = {
    **dict.fromkeys(("eq", "ne", "gt", "gte", "lt", "lte"), SMALL),
    **dict.fromkeys(("in", "not_in"), st.lists(SMALL, max_size=2)),
}
OF_TIMES = {
    key: COMPARED[key] for key in ("before", "after", "within_last", "within_next", "exists")
}


def _checks(table: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """One or two operators with values."""
    one = st.sampled_from(sorted(table)).flatmap(lambda key: table[key].map(lambda v: {key: v}))
    return st.one_of(one, st.tuples(one, one).map(lambda pair: pair[0] | pair[1]))


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = {"event": draw(NAMES)}
    kind = draw(
        st.sampled_from(["", "count", "count", "sum", "avg", "min", "max", "distinct", "at"])
    )
    if kind == "count":
        document["count"] = draw(_checks(OF_NUMBERS))
    elif kind == "at":
        document[draw(st.sampled_from(["first_at", "last_at"]))] = draw(_checks(OF_TIMES))
    elif kind:
        existing = {"exists": st.booleans()} if kind in {"avg", "min", "max"} else {}
        document |= {kind: draw(PATHS)} | draw(_checks(OF_NUMBERS | existing))
    if draw(st.booleans()):
        document["within"] = draw(st.sampled_from(LENGTHS))
    if draw(st.booleans()):
        document["where"] = draw(st.dictionaries(PATHS, _checks(COMPARED), min_size=1, max_size=2))
    return document


@st.composite
def _sequences(
    draw: st.DrawFn,
    where: st.SearchStrategy[dict[str, Any]],
    gaps: st.SearchStrategy[str] = LENGTH,
    lengths: st.SearchStrategy[str] = LENGTH,
) -> dict[str, Any]:
    steps = []
    for at in range(draw(st.integers(2, 4))):
        step: dict[str, Any] = {"event": draw(NAMES)}
        if draw(st.integers(0, 3)) == 0:
            step["where"] = draw(where)
        if at and draw(st.booleans()):
            step["within"] = draw(gaps)
        steps.append(step)
    document: dict[str, Any] = {"sequence": steps}
    if draw(st.booleans()):
        document["within"] = draw(lengths)
    return document


@st.composite
def _messages(draw: st.DrawFn) -> dict[str, Any]:
    document: dict[str, Any] = {"message": draw(st.sampled_from(MESSAGE_WORDS[:2]))}
    if draw(st.booleans()):
        document["journey"] = draw(PROGRAMS)
    if draw(st.booleans()):
        document["step"] = draw(st.sampled_from(["s1", "s2"]))
    if draw(st.booleans()):
        document["within"] = draw(st.sampled_from(LENGTHS))
    return document


STAGES = ("acquisition", "growth", "loyalty")
SEGMENTS = ("lead", "growing", "champion")
CHANNELS = st.sampled_from(["email", "sms"])

SIMPLE = st.one_of(
    st.builds(lambda path, checks: {"attribute": path} | checks, PATHS, _checks(COMPARED)),
    st.builds(lambda path, checks: {"attribute": path} | checks, PATHS, _checks(COMPARED)),
    st.builds(lambda path, checks: {"context": path} | checks, PATHS, _checks(COMPARED)),
    _events(),
    _events(),
    _sequences(st.dictionaries(PATHS, _checks(COMPARED), min_size=1, max_size=2)),
    _messages(),
    PROGRAMS.map(lambda slug: {"in_journey": slug}),
    PROGRAMS.map(lambda slug: {"segment": slug}),
    st.sampled_from([*STAGES, list(STAGES[:2])]).map(lambda slug: {"stage": slug}),
    st.sampled_from([*SEGMENTS, list(SEGMENTS[1:])]).map(lambda slug: {"lifecycle": slug}),
    st.builds(lambda channel, more: {"consent": channel} | more, CHANNELS,
              st.sampled_from([{}, {"topic": "news"}])),
    CHANNELS.map(lambda channel: {"reachable": channel}),
    st.sampled_from([0, 12.5, 50, 100]).map(lambda percent: {"random": percent, "salt": "x"}),
)  # fmt: skip
DOCUMENTS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=5,
)

_OFFSETS = [0, 1, -1, 1_000_000, -1_000_000, -86_400_000_000, -86_399_999_999, -86_400_000_001]
_OFFSETS += [
    -5_400_000_000,
    -2_592_000_000_000,
    -2_592_000_000_001,
    -31_449_600_000_000,
    86_400_000_000,
]
MOMENTS = st.sampled_from([NOW + dt.timedelta(microseconds=offset) for offset in _OFFSETS])
PLAIN = st.builds(Happening, NAMES, MOMENTS, OBJECTS)
SENT = st.builds(
    Happening,
    st.sampled_from([f"message.{word}" for word in MESSAGE_WORDS[:2]]),
    MOMENTS,
    st.fixed_dictionaries(
        {}, optional={"journey": PROGRAMS, "step": st.sampled_from(["s1", "s2"])}
    ),
)
RUNS = st.builds(
    Happening,
    st.sampled_from(["journey.entered", "journey.left"]),
    MOMENTS,
    st.fixed_dictionaries({"journey": PROGRAMS, "enrollment": st.sampled_from([1, 2])}),
)
CONSENTS = st.dictionaries(
    st.tuples(CHANNELS, st.sampled_from(["", "news"])),
    st.sampled_from(["subscribed", "unsubscribed", "pending"]),
    max_size=3,
).map(lambda found: {(*key, state) for key, state in found.items()})
PEOPLE = st.lists(
    st.builds(
        Person,
        number=st.just(0),
        attributes=OBJECTS,
        events=st.lists(st.one_of(PLAIN, PLAIN, SENT, RUNS), max_size=6),
        placement=st.sampled_from([("", ""), *product(STAGES, SEGMENTS)]),
        consents=CONSENTS,
        segments=st.sets(PROGRAMS),
    ),
    min_size=3,
    max_size=8,
)


# Where time alone decides: people full of dates, conditions that look at stretches of time.
DATED = st.fixed_dictionaries({"a": DATES, "b": st.one_of(DATES, NUMBERS)})
TIMED_PEOPLE = st.lists(
    st.builds(
        Person,
        number=st.just(0),
        attributes=DATED,
        events=st.lists(st.one_of(st.builds(Happening, NAMES, MOMENTS, DATED), RUNS), max_size=6),
    ),
    min_size=3,
    max_size=8,
)
_STRETCH = _checks({key: COMPARED[key] for key in ("within_last", "within_next", "exists")})
_FIELD = st.sampled_from(["a", "b"])


@st.composite
def _timed_events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["count", "count", "sum", "min", "max", "avg", "first_at", "last_at"])
    )
    document: dict[str, Any] = {"event": draw(NAMES)}
    if kind == "count":
        document["count"] = draw(_checks(OF_NUMBERS))
    elif kind.endswith("_at"):
        document[kind] = draw(_STRETCH)
    else:
        document |= {kind: draw(_FIELD)} | draw(_checks(OF_NUMBERS))
    if draw(st.integers(0, 3)):
        document["within"] = draw(st.sampled_from(LENGTHS))
    if draw(st.booleans()):
        document["where"] = {draw(_FIELD): draw(_STRETCH)}
    return document


TIMED = st.one_of(
    st.builds(lambda path, checks: {"attribute": path} | checks, _FIELD, _STRETCH),
    st.builds(lambda path, checks: {"context": path} | checks, _FIELD, _STRETCH),
    _timed_events(),
    _timed_events(),
    _timed_events(),
    _sequences(st.builds(lambda path, check: {path: check}, _FIELD, _STRETCH)),
    PROGRAMS.map(lambda slug: {"in_journey": slug}),
)


# Where the order decides: few names, a moment for each of twelve minutes, gaps of minutes.
BUSY = st.builds(
    Happening,
    NAMES,
    st.integers(0, 11).map(lambda minutes: NOW - dt.timedelta(minutes=minutes)),
    st.fixed_dictionaries({"a": st.integers(0, 1)}),
)
SEQUENCES = _sequences(
    st.just({"a": {"eq": 1}}), st.sampled_from(["1m", "2m", "3m"]), st.sampled_from(["4m", "9m"])
)
