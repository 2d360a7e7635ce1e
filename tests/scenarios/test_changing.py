"""A live journey is changed while customers are in it: they come along, and nothing is repeated."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from journeys.models import Decision, Journey, Wait
from journeys.operations import draft, match, publish
from journeys.operations.refused import Refused
from journeys.operations.replan import preview
from profiles.operations.ingest import ingest
from tests.world import World

LETTERS = """
journey: letters
enter:
  on: [{event: Signed Up}]
leave:
  on: [{event: Refused}]
goal: {event: Order Completed, within: 7d}
steps:
  - id: hello
    send: {channel: email, subject: Hello, text: h}
  - id: pause
    wait: 2d
  - id: ask
    send: {channel: email, subject: Ask, text: a}
  - id: answer
    wait_for:
      any: [{event: Answered, then: end}]
      timeout: 4d
      then: nudge
  - id: nudge
    send: {channel: email, subject: Nudge, text: n}
"""
PAUSE = "  - id: pause\n    wait: 2d\n"
ANSWER = """  - id: answer
    wait_for:
      any: [{event: Answered, then: end}]
      timeout: 4d
      then: nudge
"""


def change(world: World, *pairs: tuple[str, str], text: str = LETTERS, **options: Any) -> None:
    """Put the pairs' second texts in place of the first, and publish."""
    rewrite(world, *pairs, text=text)
    publish.publish("letters", by="test", note="", now=world.now, **options)


def rewrite(world: World, *pairs: tuple[str, str], text: str = LETTERS) -> None:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    journey = saved()
    draft.save("letters", text, revision=journey.revision, by="test", now=world.now)


def saved() -> Journey:
    return Journey.objects.get(slug="letters")


def last_event(name: str, world: World) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, properties ->> 'reason' FROM profiles_event WHERE customer_id = %s"
            " ORDER BY id DESC LIMIT 1",
            [world.id(name)],
        )
        return cursor.fetchone()


def enter(world: World, *names: str) -> None:
    world.journey(LETTERS)
    world.meet(*names)
    world.together(*(world.call(name, "Signed Up") for name in names))


def lines(world: World, **move: str) -> dict[str, tuple[str, int, str | None]]:
    return {
        each["id"]: (each["change"], each["standing"], each["goes_to"])
        for each in preview("letters", move=move)
    }


def place(world: World, name: str) -> tuple[int, str]:
    walk = world.walk(name, "letters")
    return walk.version.number, walk.step


def test_customers_move_with_the_journey_and_nothing_they_passed_is_done_again(
    world: World,
) -> None:
    enter(world, "alice")
    change(world, ("subject: Hello", "subject: Good morning"), ("subject: Ask", "subject: Well"))
    world.settle()
    assert place(world, "alice") == (2, "pause")
    assert world.inbox("alice") == ["email: Hello"]
    world.passes("2d")
    assert world.inbox("alice") == ["email: Hello", "email: Well"]
    assert world.reasons("alice", "letters").count("pause:moved") == 1
    assert world.reasons("alice", "letters").count("pause:wait_started") == 1


def test_a_wait_goes_on_behind_a_step_that_is_put_in_after_it(world: World) -> None:
    enter(world, "alice")
    world.passes("1d")
    late = "  - id: also\n    send: {channel: email, subject: Also, text: x}\n"
    change(world, (PAUSE, PAUSE + late))
    world.passes("23h")
    assert world.inbox("alice") == ["email: Hello"]
    world.passes("1h")
    assert world.inbox("alice") == ["email: Hello", "email: Also", "email: Ask"]


def test_a_shortened_wait_ends_sooner_but_not_before_now(world: World) -> None:
    enter(world, "alice")
    entered = world.now
    world.passes("12h")
    world.does("bob", "Signed Up")
    world.meet("bob")
    world.passes("12h")
    change(world, ("wait: 2d", "wait: 1d"))
    assert world.walk("alice", "letters").due_at == entered + dt.timedelta(days=1)
    assert world.walk("bob", "letters").due_at == entered + dt.timedelta(days=1, hours=12)
    again = LETTERS.replace("wait: 2d", "wait: 1h")
    change(world, text=again)
    assert world.walk("bob", "letters").due_at == world.now
    world.settle()
    assert [place(world, name) for name in ("alice", "bob")] == [(3, "answer")] * 2


def test_a_lengthened_wait_changes_nobody_who_waits(world: World) -> None:
    enter(world, "alice")
    due = world.walk("alice", "letters").due_at
    change(world, ("wait: 2d", "wait: 9d"))
    assert world.walk("alice", "letters").due_at == due
    world.does("bob", "Signed Up")
    assert world.walk("bob", "letters").due_at == world.now + dt.timedelta(days=9)


def test_a_wait_until_another_time_of_day_begins_again(world: World) -> None:
    noon = LETTERS.replace("wait: 2d", 'wait: {until: "12:00"}')
    world.journey(noon)
    world.meet("alice")
    world.does("alice", "Signed Up")
    assert world.walk("alice", "letters").due_at == world.now.replace(hour=12)
    change(world, ("12:00", "15:00"), text=noon)
    world.settle()
    walk = world.walk("alice", "letters")
    assert (walk.version.number, walk.due_at) == (2, world.now.replace(hour=15))
    assert world.inbox("alice") == ["email: Hello"]


def test_those_at_a_removed_step_go_where_it_led(world: World) -> None:
    enter(world, "alice")
    rewrite(world, (PAUSE, ""))
    assert lines(world) == {
        "hello": ("same", 0, "hello"),
        "pause": ("removed", 1, "ask"),
        "ask": ("same", 0, "ask"),
        "answer": ("same", 0, "answer"),
        "nudge": ("same", 0, "nudge"),
    }
    with pytest.raises(Refused, match="confirm: true") as refused:
        publish.publish("letters", by="test", note="", now=world.now)
    assert refused.value.status == 409
    assert refused.value.facts["plan"]["steps"] == preview("letters", move={})
    assert place(world, "alice") == (1, "pause")
    publish.publish("letters", by="test", note="", now=world.now, confirm=True)
    assert place(world, "alice") == (2, "ask")
    world.settle()
    assert place(world, "alice") == (2, "answer")
    assert world.inbox("alice") == ["email: Hello", "email: Ask"]
    assert "pause:wait_started" in world.reasons("alice", "letters")


def test_where_nothing_follows_a_removed_step_the_journey_is_completed(world: World) -> None:
    enter(world, "alice")
    text = LETTERS[: LETTERS.index(PAUSE)]
    rewrite(world, text=text)
    assert lines(world)["pause"] == ("removed", 1, "end")
    publish.publish("letters", by="test", note="", now=world.now, confirm=True)
    walk = world.walk("alice", "letters")
    assert (walk.status, walk.left_reason, walk.due_at) == ("completed", "completed", None)


def test_a_move_names_the_step_they_come_to(world: World) -> None:
    enter(world, "alice")
    rewrite(world, (PAUSE, ""))
    assert lines(world, pause="answer")["pause"] == ("removed", 1, "answer")
    change(world, (PAUSE, ""), move={"pause": "answer"}, confirm=True)
    world.settle()
    walk = world.walk("alice", "letters")
    assert (walk.step, walk.due_at) == ("answer", world.now + dt.timedelta(days=4))
    assert world.inbox("alice") == ["email: Hello"]
    world.does("alice", "Answered")
    assert world.walk("alice", "letters").status == "completed"


def test_whoever_stays_ends_the_journey_on_the_version_before(world: World) -> None:
    enter(world, "alice")
    change(world, (PAUSE, ""), ("subject: Ask", "subject: New"), move={"pause": "stay"})
    world.does("bob", "Signed Up")
    assert place(world, "alice") == (1, "pause")
    assert place(world, "bob") == (2, "answer")
    world.passes("2d")
    assert world.inbox("alice") == ["email: Hello", "email: Ask"]
    rewrite(world, (PAUSE, ""), ("subject: Ask", "subject: Newer"))
    assert lines(world)["answer"] == ("same", 1, "answer")
    publish.publish("letters", by="test", note="", now=world.now)
    assert place(world, "alice") == (1, "answer")
    assert place(world, "bob") == (3, "answer")
    world.does("alice", "Answered")
    assert world.walk("alice", "letters").status == "completed"


def test_whoever_leaves_is_told_to_the_log_and_gets_nothing_that_is_queued(world: World) -> None:
    world.journey(LETTERS)
    world.meet("alice")
    ingest([world.call("alice", "Signed Up")], source="test", now=world.now)
    while match.match(now=world.now):
        pass
    change(world, ("subject: Ask", "subject: A"), move={"pause": "leave"}, confirm=True)
    world.settle()
    assert (world.inbox("alice"), world.skipped("alice")) == ([], ["moved_out"])
    walk = world.walk("alice", "letters")
    assert (walk.status, walk.left_reason, walk.due_at) == ("left", "moved_out", None)
    assert last_event("alice", world) == ("journey.left", "moved_out")
    assert world.reasons("alice", "letters")[-1] == "pause:moved_out"


def test_leaving_takes_a_confirmation_also_from_a_step_that_is_there(world: World) -> None:
    enter(world, "alice")
    with pytest.raises(Refused, match="publish with confirm"):
        change(world, ("subject: Ask", "subject: A"), move={"pause": "leave"})
    change(world, ("subject: Ask", "subject: A"), move={"ask": "leave"})
    assert place(world, "alice") == (2, "pause")


@pytest.mark.parametrize(
    ("move", "sentence"),
    [
        ({"pose": "ask"}, "The live version has no step “pose”. Did you mean “pause”?"),
        ({"pause": "asks"}, "The draft has no step “asks”. Did you mean “ask”?"),
        ({"nudge": "pause"}, "The draft has no step “pause”."),
    ],
)
def test_a_move_from_or_to_nowhere_is_refused(
    world: World, move: dict[str, str], sentence: str
) -> None:
    enter(world, "alice")
    with pytest.raises(Refused) as refused:
        change(world, (PAUSE, ""), move=move, confirm=True)
    assert refused.value.status == 422
    assert refused.value.message.startswith(sentence)
    assert [each.path for each in refused.value.problems] == [f"move.{next(iter(move))}"]
    assert place(world, "alice") == (1, "pause")


def test_a_wait_that_became_a_message_is_sent_at_once(world: World) -> None:
    enter(world, "alice")
    change(world, ("    wait: 2d", "    send: {channel: email, subject: Instead, text: i}"))
    walk = world.walk("alice", "letters")
    assert (walk.step, walk.visit, walk.visits["pause"], walk.due_at) == ("pause", 2, 1, world.now)
    world.settle()
    assert world.inbox("alice") == ["email: Hello", "email: Instead", "email: Ask"]


def test_a_wait_for_listens_as_the_new_version_says(world: World) -> None:
    enter(world, "alice", "bob")
    world.passes("2d")
    asked = world.now
    world.passes("1d")
    change(world, ("event: Answered", "event: Replied"), ("timeout: 4d", "timeout: 3d"))
    walk = world.walk("alice", "letters")
    assert walk.due_at == asked + dt.timedelta(days=3)
    assert [(each.event, each.since) for each in Wait.objects.filter(enrollment=walk)] == [
        ("Replied", asked)
    ]
    world.does("alice", "Answered")
    assert world.walk("alice", "letters").status == "active"
    world.does("alice", "Replied")
    assert world.walk("alice", "letters").status == "completed"
    world.passes("2d")
    assert world.inbox("bob")[-1] == "email: Nudge"


def test_a_time_out_that_is_taken_away_ends_nobodys_wait(world: World) -> None:
    enter(world, "alice")
    world.passes("2d")
    change(world, ("timeout: 4d\n      then: nudge", "timeout: never"),
           ("{event: Answered, then: end}", "{event: Answered, then: nudge}"))  # fmt: skip
    assert world.walk("alice", "letters").due_at is None
    world.passes("30d")
    assert place(world, "alice") == (2, "answer")
    again = LETTERS.replace("timeout: 4d", "timeout: 3d")
    change(world, text=again)
    world.settle()
    assert world.walk("alice", "letters").status == "completed"
    assert world.inbox("alice")[-1] == "email: Nudge"


def test_a_new_window_of_the_goal_counts_from_entry(world: World) -> None:
    enter(world, "alice")
    entered = world.now
    change(world, ("within: 7d", "within: 30d"))
    assert world.walk("alice", "letters").goal_until == entered + dt.timedelta(days=30)


def test_arms_keep_their_people_while_their_names_stay(world: World) -> None:
    split = "  - id: test\n    split:\n" + "".join(
        f"      - {{arm: {arm}, share: {share}, then: pause}}\n"
        for arm, share in (("a", 50), ("b", 50))
    )
    text = LETTERS.replace(PAUSE, split + PAUSE)
    world.journey(text)
    world.meet("alice", "bob", "charlie")
    world.together(*(world.call(name, "Signed Up") for name in ("alice", "bob", "charlie")))
    before = {name: world.walk(name, "letters").arms for name in ("alice", "bob", "charlie")}
    other = text.replace("share: 50", "share: 99", 1).replace("share: 50", "share: 1")
    change(world, text=other, move={"pause": "test"})
    world.settle()
    after = {name: world.walk(name, "letters").arms for name in before}
    assert after == before
    assert "test:arm_kept" in world.reasons("alice", "letters")


def test_an_old_version_is_restored_as_it_was_typed(world: World) -> None:
    enter(world, "alice")
    change(world, (ANSWER, ""))
    with pytest.raises(Refused, match="has no version 7"):
        draft.restore("letters", number=7, revision=2, by="test", now=world.now)
    with pytest.raises(Refused, match="revision 2"):
        draft.restore("letters", number=1, revision=1, by="test", now=world.now)
    assert draft.restore("letters", number=1, revision=2, by="test", now=world.now).revision == 3
    assert saved().source == LETTERS
    assert lines(world)["answer"] == ("added", 0, None)
    publish.publish("letters", by="test", note="", now=world.now)
    assert place(world, "alice") == (3, "pause")


def test_a_step_may_bear_the_name_of_a_word(world: World) -> None:
    text = LETTERS.replace("id: pause", "id: leave")
    world.journey(text)
    world.meet("alice")
    world.does("alice", "Signed Up")
    change(world, ("subject: Ask", "subject: A"), text=text)
    assert place(world, "alice") == (2, "leave")


def test_publishing_what_is_live_moves_nobody(world: World) -> None:
    enter(world, "alice")
    publish.publish("letters", by="test", note="", now=world.now, move={"pause": "leave"})
    assert place(world, "alice") == (1, "pause")
    assert not Decision.objects.filter(code="moved").exists()
