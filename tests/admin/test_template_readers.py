"""For whom the template editor reads a text: its audience, or nobody for who may see nobody."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from profiles.models import Customer
from profiles.queries.segments import members
from tests.admin.test_template_editor import ask, url, written
from tests.world import World

MEANT = """
journey: for-germans
enter: {on: [{event: Cart Updated}], if: {attribute: country, eq: DE}}
steps: [{id: pause, wait: 1h}]
"""


def _blindfold(*also: str) -> None:
    """Vera may look at everything but customers, and what else is named."""
    user = User.objects.get(username="vera")
    hidden = Permission.objects.filter(codename__in=["view_customer", *also])
    user.user_permissions.remove(*hidden)


def test_customers_are_found_by_those_alone_who_may_see_them(shop: World, vera: Client) -> None:
    assert vera.get(url("people"), {"q": "Name3"}).json()["people"]
    _blindfold()
    assert vera.get(url("people"), {"q": "Name3"}).status_code == 403


@pytest.mark.parametrize("whom", ["one", "worst", "random"])
def test_who_may_not_see_customers_reads_a_text_as_nobody(
    shop: World, vera: Client, whom: str
) -> None:
    customer = str(shop.id("customer-003")) if whom == "one" else whom
    asked = {"customer": customer, "event": "Cart Updated", "channels": ["sms"]}
    source = written(text="Hi {{ customer.firstName }}, {{ entry.cart_id }}.")
    seen = ask(vera, "preview", source, **asked).json()
    assert re.fullmatch(r"Hi Name\d+, c-customer-\d+\.", seen["channels"]["sms"]["text"])
    assert seen["customer"] and seen["event"]
    _blindfold()
    hidden = ask(vera, "preview", source, **asked).json()
    assert hidden["channels"]["sms"]["text"] == "Hi , ."
    assert not (hidden["customer"] or hidden["event"])
    assert ask(vera, "sample", source, **asked).status_code == 403


def test_who_may_not_see_customers_sees_no_value_of_theirs(shop: World, vera: Client) -> None:
    def told(**of: str) -> dict[str, str]:
        answer = vera.get(url("words"), of).json()
        return {
            each["name"]: each.get("example", "")
            for each in answer["properties" if of else "attributes"]
        }

    assert "Name" in told()["firstName"] and "customer" in told(of="Cart Updated")["cart_id"]
    _blindfold("view_event")
    assert set(told().values()) | set(told(of="Cart Updated").values()) == {""}
    assert "firstName" in told()


def test_a_test_by_who_may_not_see_customers_is_nobodys(
    shop: World, anna: Client, vera: Client
) -> None:
    _blindfold()
    user = User.objects.get(username="vera")
    user.user_permissions.add(Permission.objects.get(codename="change_template"))
    known = "{% if not customer.firstName %}{{ abort('it is for nobody') }}{% endif %}x"
    source = written(subject="x", text=known)
    given = {"channel": "email", "to": "me@shop.example", "customer": str(shop.id("customer-003"))}
    assert ask(anna, "test", source, **given).status_code == 200
    refused = ask(vera, "test", source, **given)
    assert (refused.status_code, "it is for nobody" in refused.json()["message"]) == (422, True)


def test_gaps_and_readers_are_those_of_the_audience(
    germans: None, shop: World, anna: Client
) -> None:
    shop.journey(MEANT)
    text = written(text="{{ customer.country }} of {{ customer.lastName }}")
    germany = Customer.objects.filter(attributes__country="DE").count()
    for audience, base, without in [
        ("", Customer.objects.count(), ["customer.country", "customer.lastName"]),
        ("journey:for-germans", germany, ["customer.lastName"]),
    ]:
        told = ask(anna, "check", text, audience=audience).json()["findings"]
        assert [(each["path"], each["base"]) for each in told] == [(path, base) for path in without]
    meant = {"audience": "journey:for-germans", "channels": ["sms"]}
    for whom in ("worst", "random"):
        shown = ask(anna, "preview", text, customer=whom, **meant).json()
        assert shown["channels"]["sms"]["text"] == "DE of "
        assert shown["audience"] == {"everybody": False, "count": germany}
    assert ask(anna, "sample", text, **meant).json()["customers"] == germany


def test_an_audience_is_a_segment_too_and_unknown_ones_are_refused(
    shop: World, anna: Client
) -> None:
    buyers = len(members("buyers", after=0, limit=1000))
    told = ask(anna, "sample", audience="segment:buyers", channels=["sms"]).json()
    assert 0 < told["customers"] == buyers < Customer.objects.count()
    for unknown in ("segment:nobody", "journey:none", "buyers", "\0:x", "other:buyers"):
        refused = ask(anna, "check", audience=unknown)
        assert refused.status_code == 404, unknown
        assert "choose another" in refused.json()["message"]
    everybody = ask(anna, "preview", audience="journey:abandoned-cart", channels=["sms"]).json()
    assert everybody["audience"] == {"everybody": True, "count": 0}


def test_audiences_are_offered_to_those_who_may_see_them(shop: World, vera: Client) -> None:
    offered = vera.get(url("words")).json()["audiences"]
    assert {each["name"] for each in offered} >= {"journey:abandoned-cart", "segment:buyers"}
    user = User.objects.get(username="vera")
    user.user_permissions.remove(
        *Permission.objects.filter(codename__in=["view_journey", "view_segment"])
    )
    assert vera.get(url("words")).json()["audiences"] == []
    assert ask(vera, "check", audience="segment:buyers").status_code == 404
