"""A step lets customers into another journey as well."""

from tests.world import World

FIRST = """
journey: first
enter: {{on: [{{event: Signed Up}}, {{api: true}}], again: always, holdout: {holdout}}}
steps:
  - id: over
    enroll: second
  - id: mail
    send: {{channel: email, subject: First, text: f}}
"""
SECOND = """
journey: second
enter:
  on: [{api: true}]
  if: {attribute: country, eq: US}
  again: always
steps:
  - id: mail
    send: {channel: email, subject: "Second {{ entry.plan }}", text: s}
"""
BACK = """
journey: second
enter: {on: [{api: true}], again: always}
steps:
  - id: back
    enroll: first
"""


def test_the_customer_walks_in_both_and_keeps_the_entry(world: World) -> None:
    world.journey(SECOND)
    world.journey(FIRST.format(holdout=0))
    world.meet("alice", "bob")
    world.together(*(world.call(name, "Signed Up", plan="pro") for name in ("alice", "bob")))
    assert sorted(world.inbox("alice")) == ["email: First", "email: Second pro"]
    assert world.inbox("bob") == ["email: First"]  # outside the other journey's audience
    assert world.reasons("bob", "second") == ["refused_audience"]


def test_a_ghost_is_not_let_in_elsewhere(world: World) -> None:
    world.journey(SECOND)
    world.journey(FIRST.format(holdout=100))
    world.meet("alice")
    world.does("alice", "Signed Up")
    assert world.inbox("alice") == []
    assert world.walks("alice", "second") == []
    assert "over:enroll_withheld" in world.reasons("alice", "first")


def test_journeys_that_enroll_into_each_other_come_to_an_end(world: World) -> None:
    world.journey(BACK.replace("enroll: first", "leave: over"))
    world.journey(FIRST.format(holdout=0))
    world.journey(BACK)
    world.meet("alice")
    world.does("alice", "Signed Up")
    assert len(world.walks("alice", "first")) == 6
    assert "back:enroll_requested" in world.reasons("alice", "second")
