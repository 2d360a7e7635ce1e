"""The names that pickers offer, on the canvas and in the condition builder, and who sees values."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse_lazy

from tests.world import World

CHOICES = reverse_lazy("admin:profiles_segment_choices")
WORDS = reverse_lazy("admin:channels_template_editor_words")


def items(client: Client, kind: str, of: str = "", at: str = "") -> dict[str, dict[str, Any]]:
    answer = client.get(CHOICES, {"kind": kind, "of": of, "at": at})
    return {each["name"]: each for each in answer.json()["items"]}


def somebody(*rights: str) -> Client:
    """Who sees journeys, and what these rights name."""
    user = User.objects.create_user(f"pia-{len(rights)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_journey", *rights)))
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("rights", "quoted"),
    [
        ((), set()),
        (("view_customer",), {"attributes"}),
        (("view_event",), {"properties"}),
        (("view_customer", "view_event"), {"attributes", "properties"}),
    ],
)
def test_what_customers_say_is_quoted_to_who_may_see_it(
    shop: World, rights: tuple[str, ...], quoted: set[str]
) -> None:
    client = somebody(*rights)
    attribute = items(client, "attributes")["firstName"]
    revenue = items(client, "properties", "Order Completed")["revenue"]
    assert (attribute["filled"], revenue["filled"]) == (100.0, 100.0)
    assert ("example" in attribute) is ("attributes" in quoted)
    assert ("example" in revenue) is ("properties" in quoted)
    assert bool(items(client, "values", "firstName")) is ("attributes" in quoted)
    values = items(client, "property_values", "Order Completed", "revenue")
    assert bool(values) is ("properties" in quoted)


def test_the_template_editor_quotes_them_no_more_freely(shop: World) -> None:
    for rights, quoted in ((), False), (("view_customer", "view_event"), True):
        client = somebody("view_template", *rights)
        told = client.get(WORDS).json()
        told |= client.get(WORDS, {"of": "Order Completed"}).json()
        known = [*told["attributes"], *told["properties"]]
        assert {"firstName", "revenue"} <= {each["name"] for each in known}
        assert {"example" in each for each in known} == {quoted}


def test_there_is_something_to_choose_from(shop: World, vera: Client) -> None:
    assert items(vera, "events")["Cart Updated"]["count"] == 16
    assert items(vera, "properties", "Cart Updated")["cart_id"]["filled"] == 100
    assert 0 < items(vera, "attributes")["firstName"]["filled"] <= 100
    assert items(vera, "segments")["buyers"]["title"] == "Buyers & friends"
    assert "plain-hello" in items(vera, "templates")
    assert items(vera, "journeys")["abandoned-cart"]["hint"] == "live"
    assert vera.get(CHOICES, {"kind": "secrets"}).status_code == 404
    assert items(vera, "properties", "no\0thing") == {}
