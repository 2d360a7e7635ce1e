"""An operator moves one customer, takes one out, lets one in again: once, and it is told."""

import pytest

from journeys.models import Decision, Wait
from journeys.operations import by_hand, publish
from journeys.operations.by_hand import Seen
from journeys.operations.refused import Refused
from tests.world import World

LETTERS = """
journey: letters
enter:
  on: [{event: Signed Up}]
  if: {attribute: country, ne: DE}
steps:
  - id: answer
    wait_for:
      any: [{event: Answered, then: end}]
      timeout: 4d
      then: pause
  - id: pause
    wait: 2d
  - id: ask
    send: {channel: email, subject: "Ask {{ entry.plan }}", text: a}
  - id: last
    wait: 1d
"""


@pytest.fixture
def inside(world: World) -> World:
    """Alice waits at the first step."""
    world.journey(LETTERS)
    world.meet("alice", "bob")
    world.does("alice", "Signed Up", plan="pro")
    return world


def _move(world: World, to: str, seen: Seen | None = None) -> None:
    walk = world.walk("alice", "letters")
    place = seen or Seen(walk.step, walk.visit)
    by_hand.move(walk.pk, to=to, seen=place, by="anna", now=world.now)


def _last(world: World) -> tuple[str, str, dict[str, str]]:
    found = Decision.objects.filter(customer_id=world.id("alice")).latest("id")
    return found.step, found.code, found.inputs


def test_who_is_moved_begins_the_step_at_once(inside: World) -> None:
    _move(inside, "ask")
    assert _last(inside) == ("ask", "moved_by_hand", {"who": "anna", "from": "answer"})
    assert not Wait.objects.exists()
    inside.settle()
    assert inside.inbox("alice") == ["email: Ask pro"]
    assert inside.walk("alice", "letters").step == "last"


def test_a_step_passed_before_is_passed_again(inside: World) -> None:
    _move(inside, "ask")
    inside.settle()
    _move(inside, "ask")
    inside.settle()
    assert inside.inbox("alice") == ["email: Ask pro"] * 2
    assert inside.walk("alice", "letters").visits["ask"] == 2


def test_a_second_press_changes_nothing(inside: World) -> None:
    seen = Seen("answer", inside.walk("alice", "letters").visit)
    _move(inside, "pause", seen)
    count = Decision.objects.count()
    with pytest.raises(Refused, match="has moved on meanwhile"):
        _move(inside, "pause", seen)
    assert Decision.objects.count() == count


@pytest.mark.parametrize("to", ["nowhere", "answer", ""])
def test_there_must_be_such_another_step(inside: World, to: str) -> None:
    with pytest.raises(Refused, match="There is no other step"):
        _move(inside, to)


def test_in_a_paused_journey_the_move_waits_for_it(inside: World) -> None:
    publish.pause("letters", clock="freeze", now=inside.now)
    inside.passes("1d")
    _move(inside, "pause")
    inside.passes("3d")
    assert inside.walk("alice", "letters").step == "pause"
    publish.resume("letters", now=inside.now)
    inside.passes("47h")
    assert inside.inbox("alice") == []
    inside.passes("1h")
    assert inside.inbox("alice") == ["email: Ask pro"]


def test_who_is_taken_out_is_written_to_no_more(inside: World) -> None:
    walk = inside.walk("alice", "letters")
    by_hand.take_out(walk.pk, by="anna", now=inside.now)
    assert _last(inside) == ("answer", "taken_out", {"who": "anna"})
    walk.refresh_from_db()
    assert (walk.status, walk.left_reason, walk.due_at) == ("left", "taken_out", None)
    with pytest.raises(Refused, match="not on the way"):
        by_hand.take_out(walk.pk, by="anna", now=inside.now)
    with pytest.raises(Refused, match="not on the way"):
        _move(inside, "ask")
    inside.passes("9d")
    assert inside.inbox("alice") == []


def test_who_was_in_it_comes_in_again_as_before(inside: World) -> None:
    first = inside.walk("alice", "letters")
    by_hand.take_out(first.pk, by="anna", now=inside.now)
    assert by_hand.let_in(first.pk, by="anna", now=inside.now) == ""
    walk = inside.walk("alice", "letters")
    assert (walk.pk != first.pk, walk.step, walk.entry) == (True, "answer", {"plan": "pro"})
    entered = Decision.objects.filter(enrollment_id=walk.pk, code="entered").get()
    assert entered.inputs["who"] == "anna"
    assert by_hand.let_in(first.pk, by="anna", now=inside.now) == "already_in"
    assert len(inside.walks("alice", "letters")) == 2


def test_the_audience_is_asked_again(inside: World) -> None:
    walk = inside.walk("alice", "letters")
    by_hand.take_out(walk.pk, by="anna", now=inside.now)
    inside.meet("alice", country="DE")
    assert by_hand.let_in(walk.pk, by="anna", now=inside.now) == "audience"
    step, code, inputs = _last(inside)
    assert (step, code, inputs["who"]) == ("", "refused_audience", "anna")


def test_nobody_is_let_into_what_does_not_run(inside: World) -> None:
    walk = inside.walk("alice", "letters")
    publish.stop("letters", now=inside.now)
    with pytest.raises(Refused, match="not live"):
        by_hand.let_in(walk.pk, by="anna", now=inside.now)
    with pytest.raises(Refused, match="not on the way"):
        by_hand.take_out(walk.pk, by="anna", now=inside.now)
