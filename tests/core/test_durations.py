"""Durations as people write them, read back and told in words."""

from datetime import timedelta

import pytest

from profiles.core.durations import parse, russian_plural, words, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(days=7)),
        ("0s", timedelta(0)),
    ],
)
def test_a_number_and_a_unit(text: str, expected: timedelta) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "d", "3", "3 d", "3D", "1.5h", "1h30m", "-5d", "+5d", "٣d", 30, None]
)
def test_anything_else_is_refused_with_the_way_to_write_it(text: object) -> None:
    with pytest.raises(ValueError, match="such as 90s, 15m, 2h, 3d or 1w"):
        parse(text)


def test_a_duration_is_at_most_a_century_long() -> None:
    with pytest.raises(ValueError, match="at most 36500 days"):
        parse("36501d")


def test_an_offset_may_have_a_sign() -> None:
    assert parse("-5d", signed=True) == timedelta(days=-5)
    assert parse("+2h", signed=True) == timedelta(hours=2)
    assert parse("2h", signed=True) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("text", "short"),
    [("120s", "2m"), ("90s", "90s"), ("24h", "1d"), ("1w", "7d"), ("90m", "90m"), ("0s", "0d")],
)
def test_the_shortest_way_to_write_it(text: str, short: str) -> None:
    assert written(parse(text)) == short


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        ("1d", "1 day", "1 день"),
        ("2d", "2 days", "2 дня"),
        ("5d", "5 days", "5 дней"),
        ("11d", "11 days", "11 дней"),
        ("21d", "21 days", "21 день"),
        ("112d", "112 days", "112 дней"),
        ("10372d", "10,372 days", "10\N{NO-BREAK SPACE}372 дня"),
        ("1h", "1 hour", "1 час"),
        ("3m", "3 minutes", "3 минуты"),
        ("1s", "1 second", "1 секунду"),
    ],
)
def test_in_words(text: str, english: str, russian: str) -> None:
    assert words(parse(text)) == english
    assert words(parse(text), "ru") == russian


def test_russian_plurals_of_negative_numbers() -> None:
    assert russian_plural(-2, ("день", "дня", "дней")) == "дня"
