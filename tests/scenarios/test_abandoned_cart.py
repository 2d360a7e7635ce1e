"""The cart that was left: who is reminded, and who must not be."""

from tests.world import World

CART = """
journey: abandoned-cart
class: marketing
enter:
  on:
    - event: Cart Updated
      where: {value: {gte: 30}}
  if: {attribute: country, in: [US, DE]}
  key: cart_id
  again: {after: 7d}
leave:
  on:
    - {event: Order Completed, where: {cart_id: {is: entry.cart_id}}}
  if: {attribute: blocked, eq: true}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: mail
    send:
      channel: email
      subject: "{{ customer.firstName }}, your basket of {{ entry.value }} waits"
      text: Come back.
  - id: bought
    wait_for:
      any:
        - {event: Order Completed, where: {cart_id: {is: entry.cart_id}}, then: end}
      timeout: 2d
      then: nudge
  - id: nudge
    send: {channel: [push, sms], text: "Still thinking?", title: "Your basket"}
"""


def test_a_left_cart_is_recalled_after_an_hour_and_again_after_two_days(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    world.does("alice", "Cart Updated", cart_id="c1", value=50)
    world.passes("59m")
    assert world.inbox("alice") == []
    world.passes("1m")
    assert world.inbox("alice") == ["email: Alice, your basket of 50 waits"]
    world.passes("2d")
    assert world.inbox("alice") == ["email: Alice, your basket of 50 waits", "sms: Still thinking?"]
    assert world.walk("alice", "abandoned-cart").status == "completed"


def test_a_small_cart_and_a_customer_outside_the_audience_stay_outside(world: World) -> None:
    world.journey(CART)
    world.meet("alice", "charlie")
    world.does("alice", "Cart Updated", cart_id="c1", value=29)
    world.does("charlie", "Cart Updated", cart_id="c2", value=500)
    assert world.walks("alice", "abandoned-cart") == []
    assert world.walks("charlie", "abandoned-cart") == []
    assert world.reasons("charlie", "abandoned-cart") == ["refused_audience"]


def test_a_purchase_during_the_wait_leaves_at_once(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    world.does("alice", "Cart Updated", cart_id="c1", value=50)
    world.passes("30m")
    world.does("alice", "Order Completed", cart_id="c1", revenue=50)
    walk = world.walk("alice", "abandoned-cart")
    assert (walk.status, walk.left_reason) == ("left", "leave_on:Order Completed")
    world.passes("3d")
    assert world.inbox("alice") == []


def test_a_purchase_of_another_cart_changes_nothing(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    world.does("alice", "Cart Updated", cart_id="c1", value=50)
    world.does("alice", "Order Completed", cart_id="c9", revenue=50)
    assert world.walk("alice", "abandoned-cart").status == "active"


def test_three_carts_walk_side_by_side_with_their_own_data(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    for number in (1, 2, 3):
        world.does("alice", "Cart Updated", cart_id=f"c{number}", value=number * 100)
    world.does("alice", "Cart Updated", cart_id="c1", value=999)
    world.does("alice", "Order Completed", cart_id="c2", revenue=200)
    world.passes("1h")
    assert world.inbox("alice") == [
        "email: Alice, your basket of 100 waits",
        "email: Alice, your basket of 300 waits",
    ]


def test_cart_and_purchase_in_one_request_leave_nobody_inside(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    world.together(
        world.call("alice", "Cart Updated", cart_id="c1", value=50),
        world.call("alice", "Order Completed", cart_id="c1", revenue=50),
    )
    assert world.walk("alice", "abandoned-cart").status == "left"
    assert world.report("abandoned-cart")["totals"]["converted"] == 1


def test_a_leave_condition_is_judged_at_every_event(world: World) -> None:
    world.journey(CART)
    world.meet("alice")
    world.does("alice", "Cart Updated", cart_id="c1", value=50)
    world.meet("alice", blocked=True)
    world.settle()
    assert world.walk("alice", "abandoned-cart").left_reason == "leave_if"


def test_the_goal_counts_after_leaving_and_not_after_its_window(world: World) -> None:
    world.journey(CART)
    world.meet("alice", "bob")
    world.does("alice", "Cart Updated", cart_id="c1", value=50)
    world.does("bob", "Cart Updated", cart_id="c2", value=50)
    world.passes("3d")
    assert world.walk("alice", "abandoned-cart").status == "completed"
    world.does("alice", "Order Completed", cart_id="other", revenue=70)
    world.passes("5d")
    world.does("bob", "Order Completed", cart_id="other", revenue=70)
    totals = world.report("abandoned-cart")["totals"]
    assert (totals["converted"], totals["value"]) == (1, 70.0)
