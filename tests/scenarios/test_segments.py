"""Segments: who belongs follows events, profiles, time and other segments, at the very instant."""

import datetime as dt
from typing import Any

import pytest

from journeys.operations import publish
from profiles.core.answers import Refused
from profiles.core.durations import parse as duration
from profiles.core.events import Incoming
from profiles.models import Event, Segment
from profiles.operations import segments
from profiles.queries import segments as found
from tests.world import World

BUYERS = {"event": "Order Completed", "count": {"gte": 2}, "within": "30d"}
VIP = """
journey: vip
enter:
  on: [{segment: buyers}]
  again: always
steps:
  - id: mail
    send: {channel: email, subject: Welcome, text: t}
"""
GONE = """
journey: gone
enter:
  on: [{segment: buyers, change: left}]
  again: always
steps:
  - id: mail
    send: {channel: email, subject: Come back, text: t}
"""


def segment(world: World, slug: str, condition: Any) -> Segment:
    """Save a segment over whatever stood there, and have everybody looked at."""
    before = Segment.objects.filter(slug=slug).first()
    saved = segments.save(
        slug,
        title="",
        condition=condition,
        revision=before.revision if before else None,
        now=world.now,
    )
    world.settle()
    return saved


def members(world: World, slug: str, *names: str) -> list[str]:
    inside = {customer for customer, _since in found.members(slug, after=0, limit=1000)}
    return [name for name in names if world.id(name) in inside]


def told(world: World, name: str) -> list[tuple[str, str, dt.datetime]]:
    """What the log says of the customer's memberships: the event, the segment and the instant."""
    events = Event.objects.filter(customer_id=world.id(name), name__startswith="segment.")
    return [
        (each.name.removeprefix("segment."), each.properties["segment"], each.at)
        for each in events.order_by("id")
    ]


def test_events_let_in_and_time_lets_out_at_the_very_instant(world: World) -> None:
    segment(world, "buyers", BUYERS)
    world.journey(VIP)
    world.journey(GONE)
    world.meet("alice", "bob")
    world.does("alice", "Order Completed")
    world.passes("10d")
    assert members(world, "buyers", "alice", "bob") == []
    second = world.now
    world.does("alice", "Order Completed")
    world.does("bob", "Order Completed")
    assert members(world, "buyers", "alice", "bob") == ["alice"]
    assert world.inbox("alice") == ["email: Welcome"]
    world.passes("60d")
    first_slides = second - duration("10d") + duration("30d")
    assert told(world, "alice") == [("entered", "buyers", second), ("left", "buyers", first_slides)]
    assert world.inbox("alice") == ["email: Welcome", "email: Come back"]
    assert world.inbox("bob") == []
    (walk,) = world.walks("alice", "gone")
    assert walk.entered_at == first_slides


def test_what_follows_lets_in_and_the_latest_run_lets_out(world: World) -> None:
    steps = [{"event": "Product Viewed"}, {"event": "Order Completed", "within": "1d"}]
    segment(world, "buyers", {"sequence": steps, "within": "30d"})
    world.journey(VIP)
    world.journey(GONE)
    world.meet("alice", "bob")
    viewed = world.now
    world.does("alice", "Product Viewed")
    world.does("bob", "Product Viewed")
    world.passes("1d")
    world.does("alice", "Order Completed")
    world.passes("1h")
    world.does("bob", "Order Completed")
    assert members(world, "buyers", "alice", "bob") == ["alice"]
    assert world.inbox("alice") == ["email: Welcome"]
    world.passes("60d")
    begun, over = viewed + duration("1d"), viewed + duration("30d")
    assert told(world, "alice") == [("entered", "buyers", begun), ("left", "buyers", over)]
    assert world.inbox("alice") == ["email: Welcome", "email: Come back"]
    assert told(world, "bob") == []


def test_a_profile_that_says_something_else_moves_its_customer(world: World) -> None:
    segment(world, "germans", {"attribute": "country", "eq": "DE"})
    segment(world, "others", {"not": {"attribute": "country", "eq": "DE"}})
    world.meet("alice", "bob")
    world.does("dora", "Looked")
    assert members(world, "germans", "alice", "bob", "dora") == ["bob"]
    assert members(world, "others", "alice", "bob", "dora") == ["alice", "dora"]
    world.meet("alice", country="DE")
    world.settle()
    assert members(world, "germans", "alice", "bob") == ["alice", "bob"]
    assert [each[:2] for each in told(world, "alice")] == [
        ("entered", "others"), ("entered", "germans"), ("left", "others"),
    ]  # fmt: skip


def test_who_is_inside_already_is_told_to_nobody(world: World) -> None:
    world.meet("alice")
    world.does("alice", "Order Completed")
    world.does("alice", "Order Completed")
    segment(world, "buyers", BUYERS)
    world.journey(GONE)
    assert members(world, "buyers", "alice") == ["alice"]
    assert told(world, "alice") == []
    world.passes("40d")
    assert [each[0] for each in told(world, "alice")] == ["left"]
    assert world.inbox("alice") == ["email: Come back"]


def test_existing_members_are_taken_once(world: World) -> None:
    world.meet("alice", "bob", "charlie")
    for name in ("alice", "alice", "bob", "bob", "charlie"):
        world.does(name, "Order Completed")
    segment(world, "buyers", BUYERS)
    document = VIP.replace("{segment: buyers}", "{segment: buyers, existing: true}")
    document = document.replace("  again: always", "  if: {attribute: country, eq: US}")
    world.journey(document)
    world.settle()
    assert [world.inbox(name) for name in ("alice", "bob", "charlie")] == [
        ["email: Welcome"], [], [],
    ]  # fmt: skip
    assert world.walk("alice", "vip").entry == {"segment": "buyers"}
    world.journey(document.replace("  if: {attribute: country, eq: US}", "  again: always"))
    world.settle()
    assert world.inbox("bob") == []
    world.does("charlie", "Order Completed")
    assert world.inbox("charlie") == ["email: Welcome"]


def test_existing_members_wait_for_a_segment_that_is_being_filled(world: World) -> None:
    world.meet("alice")
    world.does("alice", "Order Completed")
    world.does("alice", "Order Completed")
    segments.save("buyers", title="", condition=BUYERS, revision=None, now=world.now)
    world.journey(VIP.replace("{segment: buyers}", "{segment: buyers, existing: true}"))
    assert world.walks("alice", "vip") == []
    world.settle()
    assert world.inbox("alice") == ["email: Welcome"]


def test_a_segment_of_segments_follows_them(world: World) -> None:
    segment(world, "buyers", BUYERS)
    segment(world, "germans", {"attribute": "country", "eq": "DE"})
    segment(world, "both", {"all": [{"segment": "buyers"}, {"segment": "germans"}]})
    world.meet("alice", "bob")
    for name in ("alice", "alice", "bob", "bob"):
        world.does(name, "Order Completed")
    assert members(world, "both", "alice", "bob") == ["bob"]
    world.passes("31d")
    assert members(world, "both", "alice", "bob") == []
    assert [each[:2] for each in told(world, "bob")] == [
        ("entered", "germans"), ("entered", "buyers"), ("entered", "both"),
        ("left", "buyers"), ("left", "both"),
    ]  # fmt: skip


def test_conditions_of_journeys_ask_for_segments(world: World) -> None:
    segment(world, "germans", {"attribute": "country", "eq": "DE"})
    world.journey(
        "{journey: hello , enter: {on: {event: Signed Up}}, steps: ["
        "{id: fork, branch: [{if: {segment: germans}, then: hallo}], else: hello},"
        "{id: hallo, send: {channel: email, subject: Hallo, text: t}, then: end},"
        "{id: hello, send: {channel: email, subject: Hello, text: t}}]}"
    )
    world.meet("alice", "bob")
    world.does("alice", "Signed Up")
    world.does("bob", "Signed Up")
    assert (world.inbox("alice"), world.inbox("bob")) == (["email: Hello"], ["email: Hallo"])


def test_another_condition_moves_members_and_starts_no_journey(world: World) -> None:
    segment(world, "buyers", BUYERS)
    segment(world, "few", {"all": [{"segment": "buyers"}]})
    world.journey(VIP)
    world.journey(GONE)
    world.meet("alice", "bob")
    world.does("alice", "Order Completed")
    segment(world, "buyers", {"event": "Order Completed"})
    assert members(world, "buyers", "alice", "bob") == ["alice"]
    assert members(world, "few", "alice", "bob") == ["alice"]
    segment(world, "buyers", BUYERS)
    assert members(world, "buyers", "alice") == []
    assert members(world, "few", "alice") == []
    assert world.inbox("alice") == []


def test_who_is_merged_belongs_as_one(world: World) -> None:
    segment(world, "buyers", BUYERS)
    world.meet("alice", "bob")
    world.does("alice", "Order Completed")
    world.does("bob", "Order Completed")
    kept, gone = world.id("alice"), world.id("bob")
    world.together(
        Incoming(call="alias", name="alias", at=world.now, user_id="alice", previous_id="bob",
                 message_id="alias-1")
    )  # fmt: skip
    assert [each[0] for each in found.members("buyers", after=0, limit=9)] == [kept]
    assert not Segment.objects.get(slug="buyers").memberships.filter(customer_id=gone).exists()


def test_a_segment_that_is_needed_stays(world: World) -> None:
    segment(world, "buyers", BUYERS)
    segment(world, "both", {"segment": "buyers"})
    with pytest.raises(Refused, match="needed by both"):
        segments.remove("buyers")
    segments.remove("both")
    world.journey(VIP)
    with pytest.raises(Refused, match="needed by vip"):
        segments.remove("buyers")
    publish.stop("vip", now=world.now)
    segments.remove("buyers")
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("slug", "condition", "words"),
    [
        ("new", {"segment": "nobody"}, "“nobody” is not a segment that exists here"),
        ("buyers", {"any": [{"segment": "others"}]}, "would depend on itself"),
        ("buyers", {"segment": "buyers"}, "“buyers” is not a segment that exists here"),
        ("new", {"event": "A", "where": {"x": {"is": "entry.y"}}}, "entry"),
        ("new", {}, "empty"),
        ("New!", {"all": []}, "small letters"),
    ],
)
def test_a_faulty_segment_is_refused(world: World, slug: str, condition: Any, words: str) -> None:
    segment(world, "buyers", BUYERS)
    segment(world, "others", {"not": {"segment": "buyers"}})
    revision = 1 if slug == "buyers" else None
    with pytest.raises(Refused, match=words):
        segments.save(slug, title="", condition=condition, revision=revision, now=world.now)


def test_who_saves_over_another_save_is_told(world: World) -> None:
    segment(world, "buyers", BUYERS)
    with pytest.raises(Refused, match="saved revision 1 meanwhile"):
        segments.save("buyers", title="", condition=BUYERS, revision=None, now=world.now)
    with pytest.raises(Refused, match="no such segment"):
        segments.save("new", title="", condition=BUYERS, revision=3, now=world.now)
