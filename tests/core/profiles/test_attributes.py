"""Traits become attributes, and addresses get one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core.attributes import Patch, email, fold, patch, phone


def test_the_newest_word_on_each_trait_counts() -> None:
    found, unreadable = fold([{"a": 1, "b": 1}, {"b": 2, "c": None}, {"c": 3, "a": None}])
    assert (found, unreadable) == (Patch({"b": 2, "c": 3}, ["a"]), [])


def test_an_unreadable_word_does_not_hide_the_one_before() -> None:
    found, unreadable = fold([{"email": "a@b.cz"}, {"email": "at home"}, {"phone": "none"}])
    assert found == Patch({"email": "a@b.cz"}, [])
    assert [(number, one.code) for number, one in unreadable] == [
        (1, "invalid_email"),
        (2, "invalid_phone"),
    ]


def test_the_country_of_an_earlier_word_reads_later_numbers() -> None:
    number = {"phone": "0170 1234567"}
    assert fold([{"country": "DE"}, number])[0].put["phone"] == "+491701234567"
    assert fold([number], country="DE")[0].put["phone"] == "+491701234567"
    assert fold([{"country": None}, number], country="DE")[1]


def test_null_removes_an_attribute() -> None:
    found, unreadable = patch({"plan": None, "city": "Prague", "email": None, "phone": ""})
    assert found == Patch({"city": "Prague"}, ["plan", "email", "phone"])
    assert not unreadable


def test_an_empty_text_is_a_value_like_any_other() -> None:
    assert patch({"note": ""})[0].put == {"note": ""}


def test_values_stay_as_they_are() -> None:
    given = {"age": 30, "tags": ["a", None], "address": {"zip": None}, "vip": False}
    assert patch(given)[0] == Patch(given, [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (" Ann@Example.COM ", "ann@example.com"),
        ("ann+news@shop.example", "ann+news@shop.example"),
        ("ü@пример.рф", "ü@пример.рф"),
        ("", ""),
        ("a@b", None),
        ("a@b..c", None),
        ("Ann <a@b.cz>", None),
        ("a@b.cz\r\nBcc: x@y.cz", None),
        ("x" * 65 + "@b.cz", None),
        ("a@" + "b" * 320 + ".cz", None),
        ("ann", None),
        ("@b.cz", None),
    ],
)
def test_email_addresses_get_one_spelling(written: str, read: str | None) -> None:
    assert email(written) == read


@pytest.mark.parametrize(
    ("written", "region", "read"),
    [
        ("+1 (555) 123-4567", "", "+15551234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("+49 30 1234567", "US", "+49301234567"),
        ("٠١٢٣٤٥٦٧٨٩", "EG", "+20123456789"),
        ("", "", ""),
        ("030 1234567", "", None),
        ("030 1234567", "XX", None),
        ("123", "", None),
        ("+1", "", None),
        ("call me", "DE", None),
        ("+1 555 123 4567 ext. 9", "", None),
        ("+155512345678901234", "", None),
    ],
)
def test_phone_numbers_get_one_spelling(written: str, region: str, read: str | None) -> None:
    assert phone(written, region) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("Europe/Berlin", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("UTC", "UTC")],
)
def test_time_zones_are_those_of_iana(written: str, read: str) -> None:
    assert patch({"timezone": written})[0].put == {"timezone": read}


@pytest.mark.parametrize(
    ("written", "read"),
    [("de", "de"), ("DE_at", "de-AT"), ("zh-hant-TW", "zh-Hant-TW"), ("es-419", "es-419"),
     ("en_US.UTF-8", "en-US")],
)  # fmt: skip
def test_locales_get_one_spelling(written: str, read: str) -> None:
    assert patch({"locale": written})[0].put == {"locale": read}


@pytest.mark.parametrize(
    ("name", "value"),
    [("email", "ann at home"), ("phone", "none"), ("timezone", "UTC+3"), ("locale", "klingon"),
     ("timezone", "../../etc/passwd"), ("phone", {"home": 1}), ("email", ["a@b.cz"])],
)  # fmt: skip
def test_what_cannot_be_read_is_left_out_and_reported(name: str, value: object) -> None:
    found, unreadable = patch({name: value, "city": "Prague"})
    assert found == Patch({"city": "Prague"}, [])
    assert [(one.name, one.code) for one in unreadable] == [(name, f"invalid_{name}")]
    assert unreadable[0].message


def test_the_country_reads_national_numbers() -> None:
    assert patch({"phone": "0170 1234567", "country": "de"})[0].put["phone"] == "+491701234567"
    assert patch({"phone": "0170 1234567"}, country="DE")[0].put["phone"] == "+491701234567"
    assert patch({"phone": "0170 1234567", "country": "XX"}, country="DE")[1]


def test_a_patch_that_says_nothing_is_empty() -> None:
    assert not patch({})[0]
    assert patch({"a": None})[0]


@given(st.text())
def test_reading_an_address_twice_is_reading_it_once(text: str) -> None:
    for read in (email, phone):
        once = read(text)
        assert once is None or read(once) == once


@given(st.dictionaries(st.sampled_from(["email", "phone", "timezone", "locale", "x"]),
                       st.none() | st.text() | st.integers() | st.lists(st.text())))  # fmt: skip
def test_every_trait_is_put_dropped_or_reported(traits: dict[str, object]) -> None:
    found, unreadable = patch(traits)
    named = [*found.put, *found.drop, *(one.name for one in unreadable)]
    assert sorted(named) == sorted(traits)
