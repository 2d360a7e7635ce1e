"""Price lists: what they say, what they refuse, and what a message costs by them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.core.price import UNKNOWN, Bill, Bills, PriceProblem, bill, parse, told, written

LIST = "EUR DE 0.0651, FR 0.0595, * 0.09"
GERMAN, FRENCH, RUSSIAN = "+4915112345678", "+33612345678", "+79161234567"


def test_a_list_knows_its_currency_and_its_countries() -> None:
    prices = parse(LIST)
    assert prices.currency == "EUR"
    assert [prices.of(phone) for phone in (GERMAN, FRENCH, RUSSIAN)] == [
        Decimal("0.0651"),
        Decimal("0.0595"),
        Decimal("0.09"),
    ]


def test_without_an_entry_for_the_others_they_have_no_price() -> None:
    assert parse("RUB RU 4.5").of(GERMAN) is None
    assert parse("  ") == UNKNOWN


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("0.05", "0.05"),
        ("EUR", "EUR"),
        ("eur DE 0.1", "eur DE 0.1"),
        ("EUR DE", "DE"),
        ("EUR DE -1", "DE -1"),
        ("EUR DE 0,1", "1"),
        ("EUR DE 0.1, DE 0.2", "DE 0.2"),
        ("EUR DE 0.1,, FR 0.2", "EUR DE 0.1,, FR 0.2"),
        ("EUR Germany 0.1", "Germany 0.1"),
    ],
)
def test_what_is_no_price_is_named(text: str, wrong: str) -> None:
    with pytest.raises(PriceProblem) as caught:
        parse(text)
    assert str(caught.value) == wrong


@given(st.text(max_size=60))
def test_any_text_is_a_list_or_refused(text: str) -> None:
    try:
        prices = parse(text)
    except PriceProblem as error:
        assert str(error)
    else:
        assert bool(prices.countries) == bool(text.strip())


def test_every_segment_is_paid() -> None:
    prices = parse(LIST)
    assert bill(prices, channel="sms", address=GERMAN, text="ж" * 70) == Bill(
        1, Decimal("0.0651"), "EUR"
    )
    assert bill(prices, channel="sms", address=GERMAN, text="ж" * 71) == Bill(
        2, Decimal("0.1302"), "EUR"
    )
    assert bill(UNKNOWN, channel="sms", address=GERMAN, text="x") == Bill(1, None, "")
    assert bill(prices, channel="email", address="a@b.example", text="x") is None


def test_an_event_says_what_is_known() -> None:
    assert told(None, None, "") == {}
    assert told(2, None, "") == {"segments": 2}
    assert told(2, Decimal("0.130200"), "EUR") == {"segments": 2, "cost": 0.1302, "currency": "EUR"}
    assert told(1, Decimal(0), "EUR") == {"segments": 1, "cost": 0.0, "currency": "EUR"}


def test_many_bills_add_up_and_say_how_many_have_no_price() -> None:
    bills = Bills(parse("EUR DE 0.1"))
    assert bills.told() is None
    for phone, segments in ((GERMAN, 3), (GERMAN, 1), (FRENCH, 1)):
        bills.add(phone, segments)
    assert bills.told() == {"amount": 0.4, "currency": "EUR", "messages": 2, "unpriced": 1}


@pytest.mark.parametrize(
    ("cost", "text"),
    [("0.0166", "0.0166 EUR"), ("12", "12.00 EUR"), ("1234.5", "1,234.50 EUR"), ("0", "0.00 EUR"),
     ("100", "100.00 EUR")],
)  # fmt: skip
def test_an_amount_is_written_with_the_places_it_takes(cost: str, text: str) -> None:
    assert written(Decimal(cost), "EUR") == text
