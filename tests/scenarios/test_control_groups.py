"""Who walks as a ghost, what a ghost experiences, and what the report makes of it."""

from profiles.core.draw import bucket
from tests.world import World

HELLO = """
journey: hello
enter:
  on: [{event: Signed Up}]
  holdout: 50
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: mail
    send: {channel: email, subject: Hello, text: Hi}
  - id: pause
    wait: 1d
  - id: second
    send: {channel: email, subject: Again, text: Hi}
"""
SPLIT = """
journey: test
enter:
  on: [{event: Signed Up}]
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: arms
    split:
      - {arm: A, share: 40, then: mail_a}
      - {arm: B, share: 40, then: mail_b}
      - {arm: control, share: 20, ghost: true, then: mail_b}
  - id: mail_a
    send: {channel: email, subject: A, text: a}
    then: end
  - id: mail_b
    send: {channel: email, subject: B, text: b}
"""


def names(count: int) -> list[str]:
    return [f"person-{number}" for number in range(count)]


def sign_up(world: World, count: int) -> list[str]:
    people = names(count)
    for name in people:
        world.meet(name, email=f"{name}@example.com")
    world.together(*(world.call(name, "Signed Up") for name in people))
    return people


def test_a_holdout_customer_walks_the_same_way_and_gets_nothing(world: World) -> None:
    world.journey(HELLO)
    people = sign_up(world, 20)
    world.passes("2d")
    ghosts = [name for name in people if bucket("hello:holdout", str(world.id(name))) < 5000]
    assert 0 < len(ghosts) < 20
    for name in people:
        walk = world.walk(name, "hello")
        assert walk.ghost == ("holdout" if name in ghosts else "")
        assert len(world.inbox(name)) == (0 if name in ghosts else 2)
        assert world.withheld(name) == (2 if name in ghosts else 0)
        assert walk.status == "completed"
        assert walk.exposed_at == world.now.replace(day=2)


def test_the_global_control_group_outranks_the_holdout_but_not_transactional_mail(
    world: World, settings: object
) -> None:
    settings.SOJOURN_GLOBAL_CONTROL = 100  # type: ignore[attr-defined]
    world.journey(HELLO)
    world.journey(
        HELLO.replace("hello", "receipt").replace("enter:", "class: transactional\nenter:", 1)
    )
    world.meet("charlie")
    world.does("charlie", "Signed Up")
    assert world.walk("charlie", "hello").ghost == "global"
    assert world.walk("charlie", "receipt").ghost == ""
    assert world.inbox("charlie") == ["email: Hello"]


def test_arms_follow_the_published_draw_and_a_ghost_arm_gets_nothing(world: World) -> None:
    world.journey(SPLIT)
    people = sign_up(world, 40)
    for name in people:
        number = bucket("test:arms", str(world.id(name)))
        arm = "A" if number < 4000 else "B" if number < 8000 else "control"
        assert world.walk(name, "test").arms == {"arms": arm}
        assert world.inbox(name) == ([] if arm == "control" else [f"email: {arm}"])


def test_the_report_counts_customers_and_conversions_by_arm(world: World) -> None:
    world.journey(HELLO)
    people = sign_up(world, 20)
    for name in people[:5]:
        world.does(name, "Order Completed", order_id=f"o-{name}", revenue=10)
    found = world.report("hello")
    ghosts = sum(bucket("hello:holdout", str(world.id(name))) < 5000 for name in people)
    converted = sum(bucket("hello:holdout", str(world.id(name))) < 5000 for name in people[:5])
    (experiment,) = found["experiments"]
    treated, holdout = experiment["arms"]
    assert (holdout["customers"], holdout["conversions"]) == (ghosts, converted)
    assert (treated["customers"], treated["conversions"]) == (20 - ghosts, 5 - converted)
    assert treated["value"] + holdout["value"] == 50.0
    assert found["totals"]["converted"] == 5
    mail = found["steps"][0]
    assert (mail["entered"], mail["sent"], mail["withheld"]) == (20, 20 - ghosts, ghosts)


def test_unreachable_customers_are_in_neither_group(world: World) -> None:
    world.journey(HELLO)
    world.meet("alice", email=None)
    world.does("alice", "Signed Up")
    assert world.skipped("alice") == ["no_address"]
    assert world.walk("alice", "hello").exposed_at is None
    assert all(arm["customers"] == 0 for arm in world.report("hello")["experiments"][0]["arms"])
