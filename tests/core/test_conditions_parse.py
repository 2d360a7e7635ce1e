"""Documents that are conditions become values; everything else becomes problems with a remedy."""

from datetime import timedelta
from typing import Any

import pytest

from profiles.core.conditions import (
    All,
    AnyOf,
    Attribute,
    Check,
    Clause,
    ConditionError,
    Consent,
    Context,
    Entry,
    Event,
    InJourney,
    InSequence,
    Lifecycle,
    Measure,
    Message,
    Not,
    Random,
    Reachable,
    Stage,
    Then,
    Vocabulary,
    parse,
    parse_where,
)

COUNTRY = {"attribute": "country", "eq": "DE"}
GERMAN = Attribute("country", (Check("eq", "DE"),))


def problems(document: object, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(ConditionError) as caught:
        parse(document, **options)
    assert all(problem.message.endswith((".", "?")) for problem in caught.value.problems)
    return [(problem.path, problem.code) for problem in caught.value.problems]


def message(document: object, **options: Any) -> str:
    with pytest.raises(ConditionError) as caught:
        parse(document, **options)
    return caught.value.problems[0].message


@pytest.mark.parametrize(
    ("document", "condition"),
    [
        ({"all": []}, All(())),
        ({"any": []}, AnyOf(())),
        ({"all": [COUNTRY]}, All((GERMAN,))),
        ({"any": [COUNTRY, {"not": COUNTRY}]}, AnyOf((GERMAN, Not(GERMAN)))),
        ({"stage": "loyalty"}, Stage(("loyalty",))),
        ({"stage": ["loyalty", "growth"]}, Stage(("loyalty", "growth"))),
        ({"lifecycle": "at_risk"}, Lifecycle(("at_risk",))),
        ({"consent": "email"}, Consent("email")),
        ({"consent": "email", "topic": "news"}, Consent("email", "news")),
        ({"reachable": "sms"}, Reachable("sms")),
        ({"in_journey": "welcome"}, InJourney("welcome")),
        ({"random": 12.34, "salt": "x"}, Random(12.34, "x")),
        ({"message": "opened"}, Message("opened")),
        (
            {"message": "clicked", "journey": "j", "step": "s", "within": "7d"},
            Message("clicked", "j", "s", timedelta(days=7)),
        ),
    ],
)
def test_every_kind_is_read(document: object, condition: object) -> None:
    assert parse(document) == condition


@pytest.mark.parametrize(
    ("operator", "value", "kept"),
    [
        ("eq", "DE", "DE"),
        ("eq", "", ""),
        ("eq", True, True),
        ("eq", ["a", 1], ("a", 1)),
        ("ne", 5, 5),
        ("gt", 2.5, 2.5),
        ("lte", "2026-12-01", "2026-12-01"),
        ("in", ["DE", "FR"], ("DE", "FR")),
        ("not_in", [], ()),
        ("contains", "x", "x"),
        ("not_contains", 1, 1),
        ("starts_with", "+49", "+49"),
        ("exists", False, False),
        ("before", "2026-12-01T10:00Z", "2026-12-01T10:00Z"),
        ("within_last", "30d", timedelta(days=30)),
        ("within_next", "2h", timedelta(hours=2)),
        ("ieq", "Straße", "Straße"),
        ("is", "entry.cart.id", Entry("cart.id")),
    ],
)
def test_every_kind_of_value_is_read(operator: str, value: object, kept: Any) -> None:
    (check,) = parse({"attribute": "a", operator: value}).checks  # type: ignore[union-attr]
    assert check == Check(operator, kept)
    assert type(check.value) is type(kept)


def test_an_attribute_may_have_several_operators() -> None:
    found = parse({"attribute": "age", "gte": 18, "lt": 65})
    assert found == Attribute("age", (Check("gte", 18), Check("lt", 65)))


def test_an_event_happened_at_least_once_ever_unless_said_otherwise() -> None:
    assert parse({"event": "Order Completed"}) == Event("Order Completed", (Check("gte", 1),))


def test_an_event_with_everything() -> None:
    document = {
        "event": "Order Completed",
        "count": {"gte": 2, "lt": 9},
        "within": "30d",
        "where": {"revenue": {"gte": 50}, "cart_id": {"is": "entry.cart_id"}},
    }
    assert parse(document) == Event(
        name="Order Completed",
        checks=(Check("gte", 2), Check("lt", 9)),
        measure=Measure("count"),
        where=(
            Clause("revenue", (Check("gte", 50),)),
            Clause("cart_id", (Check("is", Entry("cart_id")),)),
        ),
        within=timedelta(days=30),
    )


@pytest.mark.parametrize("kind", ["sum", "avg", "min", "max", "distinct"])
def test_an_aggregate_of_a_property_has_its_operators_beside_it(kind: Any) -> None:
    found = parse({"event": "X", kind: "revenue", "gte": 100})
    assert found == Event("X", (Check("gte", 100),), Measure(kind, "revenue"))


def test_the_first_and_last_time_compare_with_time_inside_or_beside() -> None:
    last = Event("X", (Check("within_last", timedelta(days=7)),), Measure("last_at"))
    assert parse({"event": "X", "last_at": {"within_last": "7d"}}) == last
    assert parse({"event": "X", "last_at": True, "within_last": "7d"}) == last
    assert parse({"event": "X", "count": True, "gte": 2}) == Event("X", (Check("gte", 2),))


def test_a_message_is_an_event_with_properties() -> None:
    found = Message("opened", "welcome", "", timedelta(days=1)).as_event()
    where = (Clause("journey", (Check("eq", "welcome"),)),)
    assert found == Event("message.opened", where=where, within=timedelta(days=1))


def test_a_sequence_is_of_events_in_order() -> None:
    assert parse({"sequence": [{"event": "A"}, {"event": "A"}]}) == InSequence(
        (Then("A"), Then("A"))
    )
    document = {
        "sequence": [
            {"event": "A", "where": {"cart": {"is": "entry.cart"}}},
            {"event": "B", "within": "1d"},
            {"event": "C"},
        ],
        "within": "30d",
    }
    first = Then("A", (Clause("cart", (Check("is", Entry("cart")),)),))
    steps = (first, Then("B", within=timedelta(days=1)), Then("C"))
    assert parse(document) == InSequence(steps, timedelta(days=30))
    assert problems(document, entry_allowed=False) == [("sequence[0].where.cart.is", "entry")]


def test_clauses_alone_are_read_for_triggers() -> None:
    assert parse_where({"value": {"gte": 30}}) == (Clause("value", (Check("gte", 30),)),)
    with pytest.raises(ConditionError) as caught:
        parse_where({"value": {"gte": []}}, path="enter.on[0].where")
    assert caught.value.problems[0].path == "enter.on[0].where.value.gte"


@pytest.mark.parametrize(
    ("document", "place", "code"),
    [
        (None, "", "type"),
        ("x", "", "type"),
        ([], "", "type"),
        ({}, "", "missing"),
        ({"segments": "vip"}, "segments", "unknown_kind"),
        ({1: 2}, "1", "unknown_kind"),
        ({"all": {}}, "all", "type"),
        ({"not": []}, "not", "type"),
        ({"all": [], "any": []}, "any", "ambiguous"),
        ({"all": [], "x": 1}, "x", "unknown_key"),
        ({"not": {"stage": "loyalty", 5: 1}}, "not.5", "unknown_key"),
        ({"attribute": "a"}, "", "missing"),
        ({"attribute": "", "eq": 1}, "attribute", "missing"),
        ({"attribute": 5, "eq": 1}, "attribute", "type"),
        ({"attribute": "a" * 2001, "eq": 1}, "attribute", "value"),
        ({"attribute": "a\0", "eq": 1}, "attribute", "value"),
        ({"attribute": "a", "eq": "\ud800"}, "eq", "value"),
        ({"attribute": "a", "eq": None}, "eq", "value"),
        ({"attribute": "a", "eq": {"b": 1}}, "eq", "type"),
        ({"attribute": "a", "eq": [[1]]}, "eq[0]", "type"),
        ({"attribute": "a", "eq": float("nan")}, "eq", "value"),
        ({"attribute": "a", "eq": -(10**400)}, "eq", "value"),
        ({"random": 10**400, "salt": "x"}, "random", "value"),
        ({"random": float("nan"), "salt": "x"}, "random", "value"),
        ({"attribute": "a", "eq": 10**301}, "eq", "value"),
        ({"attribute": "a", "gt": True}, "gt", "type"),
        ({"attribute": "a", "gt": [1]}, "gt", "type"),
        ({"attribute": "a", "in": "DE"}, "in", "type"),
        ({"attribute": "a", "in": ["DE", None]}, "in[1]", "value"),
        ({"attribute": "a", "contains": ["x"]}, "contains", "type"),
        ({"attribute": "a", "starts_with": 1}, "starts_with", "type"),
        ({"attribute": "a", "exists": "yes"}, "exists", "type"),
        ({"attribute": "a", "before": "soon"}, "before", "value"),
        ({"attribute": "a", "after": 5}, "after", "value"),
        ({"attribute": "a", "within_last": "30"}, "within_last", "duration"),
        ({"attribute": "a", "within_next": "0d"}, "within_next", "duration"),
        ({"attribute": "a", "is": "cart_id"}, "is", "entry"),
        ({"attribute": "a", "is": "entry."}, "is", "entry"),
        ({"attribute": "a", "is": 5}, "is", "type"),
        ({"event": "X", "cuont": {"gte": 2}}, "cuont", "unknown_key"),
        ({"event": "X", "count": 2}, "count", "type"),
        ({"event": "X", "count": {}}, "count", "missing"),
        ({"event": "X", "count": {"gte": "2"}}, "count.gte", "type"),
        ({"event": "X", "count": {"in": [1, True]}}, "count.in", "type"),
        ({"event": "X", "count": {"starts_with": 1}}, "count.starts_with", "unknown_key"),
        ({"event": "X", "count": {"gte": 1}, "lt": 3}, "lt", "ambiguous"),
        ({"event": "X", "count": {"gte": 1}, "sum": "a"}, "sum", "ambiguous"),
        ({"event": "X", "gte": 3}, "gte", "missing"),
        ({"event": "X", "sum": "revenue"}, "", "missing"),
        ({"event": "X", "sum": 5, "gte": 1}, "sum", "type"),
        ({"event": "X", "sum": "a", "within_last": "1d"}, "within_last", "unknown_key"),
        ({"event": "X", "last_at": {"gt": 4}}, "last_at.gt", "unknown_key"),
        ({"event": "X", "within": 30}, "within", "duration"),
        ({"event": "X", "where": []}, "where", "type"),
        ({"event": "X", "where": {"a": 5}}, "where.a", "type"),
        ({"event": "X", "where": {"a": {}}}, "where.a", "missing"),
        ({"event": "X", "where": {"a": {"equals": 5}}}, "where.a.equals", "unknown_key"),
        ({"event": "X", "where": {5: {"eq": 5}}}, "where", "type"),
        ({"sequence": "A"}, "sequence", "type"),
        ({"sequence": []}, "sequence", "size"),
        ({"sequence": [{"event": "A"}]}, "sequence", "size"),
        ({"sequence": [{"event": "A"}] * 21}, "sequence", "size"),
        ({"sequence": [{"event": "A"}, "B"]}, "sequence[1]", "type"),
        ({"sequence": [{"event": "A"}, {}]}, "sequence[1].event", "missing"),
        ({"sequence": [{"event": "A"}, {"event": 5}]}, "sequence[1].event", "type"),
        (
            {"sequence": [{"event": "A"}, {"event": "B", "count": {"gte": 2}}]},
            "sequence[1].count",
            "unknown_key",
        ),
        (
            {"sequence": [{"event": "A", "within": "1d"}, {"event": "B"}]},
            "sequence[0].within",
            "within",
        ),
        (
            {"sequence": [{"event": "A"}, {"event": "B", "within": 1}]},
            "sequence[1].within",
            "duration",
        ),
        ({"sequence": [{"event": "A"}, {"event": "B"}], "where": {}}, "where", "unknown_key"),
        ({"stage": "loyality"}, "stage", "unknown_name"),
        ({"stage": []}, "stage", "missing"),
        ({"lifecycle": ["lead", "vip"]}, "lifecycle[1]", "unknown_name"),
        ({"consent": "email", "topic": ""}, "topic", "missing"),
        ({"message": "read"}, "message", "unknown_name"),
        ({"random": 10}, "salt", "missing"),
        ({"random": "10", "salt": "x"}, "random", "type"),
        ({"random": True, "salt": "x"}, "random", "type"),
        ({"random": 101, "salt": "x"}, "random", "value"),
        ({"random": 1.234, "salt": "x"}, "random", "value"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(document: object, place: str, code: str) -> None:
    assert problems(document) == [(place, code)]


def test_every_problem_is_told_at_once_below_the_path_given() -> None:
    document = {"all": [{"stage": "x"}, {"not": {"event": "", "count": {"gte": "1"}}}]}
    assert problems(document, path="enter.if") == [
        ("enter.if.all[0].stage", "unknown_name"),
        ("enter.if.all[1].not.count.gte", "type"),
        ("enter.if.all[1].not.event", "missing"),
    ]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"event": "X", "cuont": {"gte": 2}}, "Did you mean “count”?"),
        ({"attribute": "a", "equals": 5, "eq": 5}, "is not known here. Use one of: after,"),
        (
            {"segments": "vip"},
            "use one of: all, any, not, attribute, event, sequence, stage, lifecycle, consent",
        ),
        ({"sequence": [{"event": "A"}]}, "of 2 to 20 events; a single one is {event: NAME}."),
        ({"stage": "loyality"}, "Did you mean “loyalty”?"),
        ({"all": [], "any": []}, "join two conditions with all: […]"),
        ({"attribute": "a", "eq": None}, "{exists: false}"),
        ({"attribute": "a", "exists": None}, "not nothing"),
        ({"attribute": "a", "exists": {}}, "not a mapping"),
        ({"attribute": "a", "exists": []}, "not a list"),
        ({"attribute": "a", "gt": True}, "true has none"),
        ({"attribute": "a", "gt": False}, "false has none"),
        ({"attribute": "a", "before": "x" * 50}, "“" + "x" * 40 + "…”"),
    ],
)
def test_a_problem_says_what_to_do(document: object, words: str) -> None:
    assert words in message(document)


def test_the_error_reads_as_one_sentence() -> None:
    with pytest.raises(ConditionError, match=r"^condition: Write a condition such as"):
        parse(5)
    with pytest.raises(ConditionError, match=r"^enter\.if: Write a condition such as"):
        parse(5, path="enter.if")


def test_the_entry_event_is_named_only_where_there_is_one() -> None:
    document = {"event": "X", "where": {"cart": {"is": "entry.cart"}}}
    assert problems(document, entry_allowed=False) == [("where.cart.is", "entry")]
    parse(document)


def test_what_was_saved_is_asked_only_where_a_journey_has_saved_something() -> None:
    document = {"all": [{"context": "score.value", "gte": 5}]}
    assert parse(document) == All((Context("score.value", (Check("gte", 5),)),))
    assert parse(document, entry_allowed=False, context_allowed=True) == parse(document)
    assert problems(document, entry_allowed=False) == [("all[0].context", "context")]
    assert problems(document, context_allowed=False) == [("all[0].context", "context")]
    assert problems({"context": "score"}) == [("", "missing")]


def test_names_are_checked_against_what_the_workspace_knows() -> None:
    known = Vocabulary(
        channels=frozenset({"email", "sms"}),
        journeys=frozenset({"welcome"}),
        stages=frozenset({"new"}),
        lifecycles=None,
    )
    assert problems({"reachable": "smss"}, vocabulary=known) == [("reachable", "unknown_name")]
    assert problems({"consent": "fax"}, vocabulary=known) == [("consent", "unknown_name")]
    assert problems({"in_journey": "x"}, vocabulary=known) == [("in_journey", "unknown_name")]
    assert problems({"stage": "loyalty"}, vocabulary=known) == [("stage", "unknown_name")]
    assert problems({"message": "sent", "journey": "x"}, vocabulary=known) == [
        ("journey", "unknown_name")
    ]
    assert parse({"lifecycle": "anything"}, vocabulary=known) == Lifecycle(("anything",))
    assert "None is known yet" in message(
        {"reachable": "sms"}, vocabulary=Vocabulary(channels=frozenset())
    )


def test_a_long_list_of_names_is_cut() -> None:
    known = Vocabulary(channels=frozenset(f"channel-{at:02}" for at in range(40)))
    assert message({"reachable": "zzz"}, vocabulary=known).endswith("channel-29, ….")


def nested(levels: int) -> dict[str, Any]:
    document: dict[str, Any] = {"all": []}
    for _ in range(levels - 1):
        document = {"not": document}
    return document


def test_conditions_nest_at_most_32_levels_deep() -> None:
    parse(nested(32))
    assert problems(nested(33)) == [(".".join(["not"] * 32), "depth")]
    knot: dict[str, Any] = {}
    knot["not"] = knot
    assert problems(knot) == [(".".join(["not"] * 32), "depth")]


def test_a_condition_has_at_most_1000_parts() -> None:
    parse({"any": [{"stage": "loyalty"}] * 999})
    assert problems({"any": [{"stage": "loyalty"}] * 1000}) == [("any[999]", "size")]
    assert problems({"any": [{"stage": "loyalty"}] * 5000}) == [("any[999]", "size")]
    assert problems({"attribute": "a", "in": ["x"] * 2000}) == [("in[998]", "size")]
    where = {f"p{at}": {"eq": 1} for at in range(1000)}
    assert problems({"event": "X", "where": where}) == [("where.p499.eq", "size")]
    bomb: Any = {"stage": "loyalty"}
    for _ in range(20):
        bomb = {"all": [bomb, bomb]}
    assert problems(bomb)[0][1] == "size"
