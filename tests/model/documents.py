"""Journeys out of a hat: documents that can be published, and what may become of one.

Steps bear few ids, so that a change keeps, replaces and removes some of them.
"""

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.model.facts import Json

IDS = tuple(f"s{number}" for number in range(6))
TARGETS = st.sampled_from(["", "", "end", *IDS])
DURATIONS = st.sampled_from(["20m", "2h", "6h", "1d", "30h", "3d"])
LIMITS = st.sampled_from(["0s", "2h", "1d", "2d", "never"])
SLOW = {"6h", "1d", "30h", "3d", "2d"}
"""Long enough to walk in circles by."""
CLOCKS = st.one_of(
    st.builds(
        lambda at, days: {"until": at, **days},
        st.sampled_from(["02:30", "09:00", "18:15"]),
        st.sampled_from([{}, {}, {"on": ["sun", "mon"]}, {"on": ["wed"]}]),
    ),
    st.builds(
        lambda hours, days: {"window": hours, **days},
        st.sampled_from(["08:00-10:30", "22:00-06:00", "02:15-02:45"]),
        st.sampled_from([{}, {}, {"on": ["sat", "sun"]}]),
    ),
)
WHERES = st.sampled_from([
    None, None, {"n": {"gte": 2}}, {"n": {"ne": 1}}, {"cart": {"is": "entry.cart"}},
    {"cart": {"eq": "x"}, "n": {"lt": 3}},
])  # fmt: skip
NAMES = st.sampled_from(["A", "A", "B", "C"])


def _condition(event: str, count: Json, within: str | None, where: Json | None) -> Json:
    found: Json = {"event": event, "count": count}
    return found | ({"within": within} if within else {}) | ({"where": where} if where else {})


COUNTS = st.builds(
    _condition, NAMES, st.sampled_from([{"gte": 1}, {"gte": 2}]),
    st.sampled_from([None, "6h", "1d", "3d"]), WHERES,
)  # fmt: skip
FEW = st.builds(
    _condition, NAMES, st.sampled_from([{"eq": 0}, {"lt": 2}]),
    st.sampled_from([None, "6h", "1d", "3d"]), WHERES,
)  # fmt: skip


def _sequence(names: list[str], where: Json | None, gap: Json, within: Json) -> Json:
    first = {"event": names[0]} | ({"where": where} if where else {})
    return {"sequence": [first, *({"event": name} | gap for name in names[1:])]} | within


SEQUENCES = st.builds(
    _sequence, st.lists(NAMES, min_size=2, max_size=3), WHERES,
    st.sampled_from([{}, {"within": "6h"}, {"within": "1d"}]),
    st.sampled_from([{}, {"within": "1d"}, {"within": "3d"}]),
)  # fmt: skip
PLANS = st.sampled_from([{"attribute": "plan", "eq": "pro"}, {"attribute": "plan", "ne": "free"}])


def marked(slug: str) -> Json:
    return {"attribute": f"mark_{slug}", "eq": True}


def coming(slug: str) -> st.SearchStrategy[Json]:
    """What can only come true when something happens."""
    return st.one_of(PLANS, COUNTS, SEQUENCES, st.just(marked(slug)))


def conditions(slug: str) -> st.SearchStrategy[Json]:
    leaves = st.one_of(coming(slug), FEW)
    return st.one_of(
        leaves,
        st.lists(leaves, min_size=1, max_size=2).map(lambda parts: {"all": parts}),
        st.lists(leaves, min_size=1, max_size=2).map(lambda parts: {"any": parts}),
        leaves.map(lambda part: {"not": part}),
    )


def events(then: bool) -> st.SearchStrategy[Json]:
    return st.builds(
        lambda name, where, to: (
            {"event": name}
            | ({"where": where} if where else {})
            | ({"then": to} if then and to else {})
        ),
        NAMES, WHERES, TARGETS,
    )  # fmt: skip


def to(key: str, target: str) -> Json:
    return {key: target} if target else {}


def kinds(slug: str, keyed: bool) -> dict[str, st.SearchStrategy[Json]]:
    """What a step does, by kind. Walks of one customer side by side share no attribute."""
    cases = st.one_of(
        events(then=True),
        st.builds(lambda c, t: {"if": c} | to("then", t), coming(slug), TARGETS),
    )
    found = {
        "wait": st.builds(
            lambda form, then: {"wait": form} | to("then", then),
            st.one_of(DURATIONS, DURATIONS, CLOCKS), TARGETS,
        ),
        "wait_for": st.builds(
            lambda cases, limit, late, since: {
                "wait_for": {"any": cases, "timeout": limit, "since": since}
                | to("then", late if limit != "never" else "")
            },
            st.lists(cases, min_size=1, max_size=2), LIMITS, TARGETS,
            st.sampled_from(["step", "entry"]),
        ),
        "branch": st.builds(
            lambda lines, other: {"branch": lines} | to("else", other),
            st.lists(
                st.builds(lambda c, t: {"if": c} | to("then", t), conditions(slug), TARGETS),
                min_size=1, max_size=2,
            ), TARGETS,
        ),
        "split": st.builds(
            lambda arms, share, first, second: {"split": [
                {"arm": arms[0], "share": share} | to("then", first),
                {"arm": arms[1], "share": 100 - share, "ghost": keyed and arms[1] == "c"}
                | to("then", second),
            ]},
            st.permutations(["a", "b", "c"]), st.sampled_from([0, 30, 50, 80]), TARGETS, TARGETS,
        ),
        "send": st.builds(
            lambda channels, words, skip: {"send": {
                "channel": channels, "topic": slug, "subject": words, "text": words,
                "on_skip": skip,
            }},
            st.sampled_from([["email"], ["sms"], ["sms", "email"], ["email", "sms"]]),
            st.sampled_from(["hello", "n {{ entry.n }}.", "plan {{ customer.plan }}."]),
            st.sampled_from(["continue", "continue", "leave"]),
        ),
        "leave": st.just({"leave": "enough"}),
    }  # fmt: skip
    if not keyed:
        found["update"] = _updates(slug)
    return found


def _updates(slug: str) -> st.SearchStrategy[Json]:
    consent = [{"channel": "email", "topic": slug}]
    return st.sampled_from([
        {"update": {"set": {f"mark_{slug}": True}}},
        {"update": {"unset": [f"mark_{slug}"]}},
        {"update": {"set": {f"mark_{slug}": False}, "unsubscribe": consent}},
        {"update": {"set": {f"mark_{slug}": True}, "subscribe": consent}},
    ])  # fmt: skip


def step(slug: str, keyed: bool) -> st.SearchStrategy[Json]:
    """Waits and messages come more often."""
    found = kinds(slug, keyed)
    often = [*found, "wait", "wait_for", "send"]
    return st.sampled_from(often).flatmap(lambda kind: found[kind])


def enters(slug: str, keyed: bool, leaving: Json | None) -> st.SearchStrategy[Json]:
    """Whom a leave rule would turn out at once is not let in."""
    audience: st.SearchStrategy[Json | None] = st.just({"not": leaving})
    if leaving is None:
        audience = st.one_of(st.none(), st.none(), st.none(), conditions(slug))
    return st.builds(
        lambda on, asked, again, holdout: (
            {"on": on, "again": again, "holdout": holdout}
            | ({"if": asked} if asked else {})
            | ({"key": "cart"} if keyed else {})
        ),
        st.lists(events(then=False).filter(_without_entry), max_size=2).map(_often), audience,
        st.sampled_from(["never", "always", "always", {"after": "1d"}]),
        st.just(30) if keyed else st.sampled_from([0, 0, 0, 40]),
    )  # fmt: skip


def _often(triggers: list[Json]) -> list[Json]:
    return [{"event": "A"}, *triggers]


def _without_entry(trigger: Json) -> bool:
    return "is" not in trigger.get("where", {}).get("cart", {})


GOALS = st.one_of(
    st.none(),
    st.builds(
        lambda event, within: event | {"within": within},
        events(then=False), st.sampled_from(["1d", "3d"]),
    ),
)  # fmt: skip


@st.composite
def journeys(draw: st.DrawFn, slug: str, *, keyed: bool, leaving: Json | None) -> Json:
    ids = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=5, unique=True))
    steps = [{"id": id} | draw(step(slug, keyed)) for id in ids]
    return _document(draw, slug, keyed, leaving, steps)


@st.composite
def changed(draw: st.DrawFn, before: Json, *, keyed: bool, leaving: Json | None) -> Json:
    """Another version: steps stay, change, go, and new ones come."""
    slug, steps = before["journey"], []
    for old in before["steps"]:
        fate = draw(st.sampled_from(["stays", "stays", "changes", "goes"]))
        if fate != "goes":
            steps.append(old if fate == "stays" else {"id": old["id"]} | draw(step(slug, keyed)))
    for id in IDS:
        if len(steps) < 5 and id not in [each["id"] for each in steps] and draw(st.booleans()):
            place = draw(st.integers(0, len(steps)))
            steps.insert(place, {"id": id} | draw(step(slug, keyed)))
    return _document(draw, slug, keyed, leaving, steps or before["steps"])


def _document(
    draw: st.DrawFn, slug: str, keyed: bool, leaving: Json | None, steps: list[Json]
) -> Json:
    rules = draw(st.lists(events(then=False), max_size=1))
    goal = draw(GOALS)
    return {
        "journey": slug,
        "enter": draw(enters(slug, keyed, leaving)),
        "leave": {"on": rules} | ({"if": leaving} if leaving else {}),
        **({"goal": goal} if goal else {}),
        "steps": mended(steps),
    }


def mended(steps: list[Json]) -> list[Json]:
    """Ways that lead nowhere, or in a circle without a wait, are taken away; so are steps that
    nobody reaches.
    """
    copies: list[Json] = [_copy(each) for each in steps]
    ids = [each["id"] for each in copies]
    for at, each in enumerate(copies):
        back = ids if _is_slow(each) else ids[at + 1 :]
        for place, key in _ways(each):
            allowed = back if key == "then" and place is _late(each) else ids[at + 1 :]
            if place.get(key) not in (None, "end", *allowed):
                del place[key]
    reached = _reached(copies)
    return [each for each in copies if each["id"] in reached]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def _is_slow(step: Json) -> bool:
    form = step["wait_for"]["timeout"] if "wait_for" in step else step.get("wait")
    return "until" in form if isinstance(form, dict) else form in SLOW


def _late(step: Json) -> Json:
    found: Json = step.get("wait_for", step)
    return found


def _ways(step: Json) -> Iterator[tuple[Json, str]]:
    """Where ways are written: (mapping, key)."""
    yield step, "then"
    yield step, "else"
    if "wait_for" in step:
        yield step["wait_for"], "then"
    for each in (*step.get("branch", ()), *step.get("split", ()), *_late(step).get("any", ())):
        yield each, "then"


def _reached(steps: list[Json]) -> set[str]:
    ids = [each["id"] for each in steps]
    found: set[str] = set()
    new = ids[:1]
    while new:
        id = new.pop()
        if id not in found and id != "end":
            found.add(id)
            at = ids.index(id)
            new.extend(_leads(steps[at], [*ids, "end"][at + 1]))
    return found


def _leads(step: Json, below: str) -> Iterator[str]:
    if "leave" in step:
        return
    onward = _late(step).get("then") or step.get("else") or below
    if "split" not in step and not ("wait_for" in step and step["wait_for"]["timeout"] == "never"):
        yield onward
    for each in (*step.get("branch", ()), *step.get("split", ()), *_late(step).get("any", ())):
        yield each.get("then") or below
