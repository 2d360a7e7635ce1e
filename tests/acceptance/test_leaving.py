"""A customer who buys during a wait leaves at once, and the message that waited never comes."""

import time
from statistics import median
from typing import Any

from tests.acceptance.installation import Installation
from tests.acceptance.providers import Providers
from tests.config.processes import until

AT_ONCE = 2.0
CART: dict[str, Any] = {
    "journey": "cart",
    "enter": {"on": [{"event": "Cart Updated"}], "key": "cart_id"},
    "leave": {"on": [{"event": "Order Completed", "where": {"cart_id": {"is": "entry.cart_id"}}}]},
    "goal": {"event": "Order Completed", "within": "7d", "value": "revenue"},
    "steps": [
        {"id": "pause", "wait": "10s"},
        {"id": "nudge", "send": {"channel": "sms", "text": "Your basket waits"}},
    ],
}


def standing(shop: Installation, name: str) -> list[tuple[Any, ...]]:
    return shop.rows(
        "SELECT e.status, e.left_reason FROM journeys_enrollment e"
        " JOIN journeys_journey j ON j.id = e.journey_id"
        " JOIN profiles_identifier i ON i.customer_id = e.customer_id"
        " WHERE j.slug = 'cart' AND i.kind = 'user_id' AND i.value = %s",
        name,
    )


def track(shop: Installation, name: str, event: str, **properties: Any) -> None:
    body = {"userId": name, "event": event, "properties": properties}
    assert shop.web.post("/v1/track", json=body).status_code == 200


def test_who_buys_leaves_within_two_seconds_and_is_not_written_to(
    shop: Installation, providers: Providers
) -> None:
    shop.publish(CART)
    people = {f"buyer-{number}": f"+1303555{number:04}" for number in range(5)}
    everybody = {**people, "hesitant": "+13035559999"}
    for name, phone in everybody.items():
        traits = {"phone": phone}
        assert shop.web.post("/v1/identify", json={"userId": name, "traits": traits}).is_success
        track(shop, name, "Cart Updated", cart_id=name)
    until(lambda: all(standing(shop, name) == [("active", "")] for name in everybody))
    took = [buys(shop, name) for name in people]
    print("seconds from POST to left:", *(f"{each:.3f}" for each in took))
    assert median(took) < AT_ONCE
    assert max(took) < 5 * AT_ONCE
    until(lambda: standing(shop, "hesitant")[0][0] == "completed", seconds=60)
    until(lambda: [each for each in providers.sms.accepted if each["to"] == "+13035559999"])
    assert not [each for each in providers.sms.accepted if each["to"] in people.values()]
    left = shop.report("cart")["totals"]
    assert (left["entered"], left["left"], left["completed"], left["converted"]) == (6, 5, 1, 5)


def buys(shop: Installation, name: str) -> float:
    """How long it takes from the POST until the customer is out."""
    born = time.monotonic()
    track(shop, name, "Order Completed", cart_id=name, revenue=10)
    until(lambda: standing(shop, name)[0][0] == "left")
    return time.monotonic() - born
