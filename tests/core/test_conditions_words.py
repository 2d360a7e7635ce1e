"""Conditions told in words, and what they look at."""

from typing import Any

import pytest

from profiles.core.conditions import (
    OPERATORS,
    References,
    explain,
    explain_where,
    parse,
    parse_where,
    references,
    where_references,
)
from profiles.core.conditions.phrases import ENGLISH, RUSSIAN
from profiles.core.conditions.vocabulary import AGGREGATES, MESSAGE_WORDS

TOLD = [
    ({"all": []}, "everybody", "все"),
    ({"any": []}, "nobody", "никто"),
    ({"attribute": "country", "eq": "DE"}, "country is “DE”", "country равно «DE»"),
    (
        {"attribute": "age", "gte": 18, "lt": 65},
        "age is at least 18 and is less than 65",
        "age не меньше 18 и меньше 65",
    ),
    (
        {"attribute": "country", "in": ["DE", "FR"]},
        "country is one of “DE”, “FR”",
        "country одно из «DE», «FR»",
    ),
    ({"attribute": "tags", "in": []}, "tags is one of nothing", "tags одно из ничего"),
    ({"attribute": "vip", "eq": True}, "vip is true", "vip равно истина"),
    ({"attribute": "vip", "ne": False}, "vip is not false", "vip не равно ложь"),
    ({"attribute": "phone", "exists": True}, "phone is known", "phone известно"),
    ({"attribute": "phone", "exists": False}, "phone is not known", "phone неизвестно"),
    (
        {"attribute": "birthday", "within_next": "21d"},
        "birthday is within the next 21 days",
        "birthday в ближайший 21 день",
    ),
    (
        {"attribute": "seen", "within_last": "1m"},
        "seen is within the last 1 minute",
        "seen в последнюю 1 минуту",
    ),
    (
        {"context": "score.value", "gte": 5},
        "the saved score.value is at least 5",
        "сохранённое score.value не меньше 5",
    ),
    ({"event": "X"}, "did “X”", "событие «X» было"),
    (
        {"event": "X", "count": {"eq": 0}, "within": "30d"},
        "did not do “X” within the last 30 days",
        "события «X» не было за последние 30 дней",
    ),
    (
        {"event": "X", "count": {"gte": 2, "lt": 6}, "within": "1d"},
        "did “X” at least 2 times and fewer than 6 times within the last 1 day",
        "событие «X» было не менее 2 раз и менее 6 раз за последний 1 день",
    ),
    ({"event": "X", "count": {"eq": 1}}, "did “X” exactly once", "событие «X» было ровно 1 раз"),
    (
        {"event": "X", "count": {"eq": 2}},
        "did “X” exactly 2 times",
        "событие «X» было ровно 2 раза",
    ),
    (
        {"event": "X", "count": {"gt": 21}},
        "did “X” more than 21 times",
        "событие «X» было более 21 раза",
    ),
    (
        {"event": "X", "count": {"lte": 2.5}},
        "did “X” at most 2.5 times",
        "событие «X» было не более 2.5 раза",
    ),
    (
        {"event": "X", "count": {"in": [1, 2]}},
        "the number of “X” is one of 1, 2",
        "число событий «X» одно из 1, 2",
    ),
    (
        {"event": "X", "sum": "revenue", "gte": 100, "within": "365d"},
        "the sum of revenue over “X” within the last 365 days is at least 100",
        "сумма revenue по событиям «X» за последние 365 дней не меньше 100",
    ),
    (
        {"event": "X", "last_at": {"before": "2026-12-01"}},
        "the last “X” is before “2026-12-01”",
        "последнее событие «X» раньше «2026-12-01»",
    ),
    (
        {"event": "X", "where": {"cart": {"is": "entry.cart"}, "sum": {"gte": 5}}},
        "did “X” where cart is the cart of the entry event and sum is at least 5",
        "событие «X» было, где cart совпадает с cart события входа и sum не меньше 5",
    ),
    (
        {"sequence": [{"event": "A"}, {"event": "B"}]},
        "did “A”, then “B”",
        "событие «A» было, затем «B»",
    ),
    (
        {
            "sequence": [
                {"event": "A", "where": {"n": {"gte": 2}}},
                {"event": "B", "within": "2d"},
                {"event": "C", "within": "1h", "where": {"n": {"lt": 2}}},
            ],
            "within": "30d",
        },
        "did “A” where n is at least 2, then within 2 days “B”, then within 1 hour “C” where n is"
        " less than 2, all within the last 30 days",
        "событие «A» было, где n не меньше 2, затем не позже чем через 2 дня «B», затем не позже"
        " чем через 1 час «C», где n меньше 2, всё за последние 30 дней",
    ),
    ({"stage": "loyalty"}, "is in the stage “loyalty”", "находится на стадии «loyalty»"),
    (
        {"lifecycle": ["lead", "lost"]},
        "is in the lifecycle segment “lead”, “lost”",
        "находится в сегменте жизненного цикла «lead», «lost»",
    ),
    ({"consent": "email"}, "agreed to email", "есть согласие на email"),
    (
        {"consent": "email", "topic": "news"},
        "agreed to email about “news”",
        "есть согласие на email по теме «news»",
    ),
    ({"reachable": "sms"}, "can be reached by sms", "доступен по каналу sms"),
    (
        {"message": "opened", "journey": "j", "step": "s", "within": "7d"},
        "a message of the journey “j” at the step “s” was opened within the last 7 days",
        "сообщение из сценария «j» на шаге «s» открыто за последние 7 дней",
    ),
    ({"message": "sent"}, "a message was sent", "сообщение отправлено"),
    ({"in_journey": "j"}, "is in the journey “j”", "проходит сценарий «j»"),
    (
        {"random": 10, "salt": "x"},
        "is among the stable 10 % drawn as “x”",
        "входит в постоянные 10 % по жребию «x»",
    ),
    (
        {"all": [{"stage": "loyalty"}, {"any": [{"event": "X"}, {"event": "Y"}]}]},
        "is in the stage “loyalty” and (did “X” or did “Y”)",
        "находится на стадии «loyalty» и (событие «X» было или событие «Y» было)",
    ),
    ({"not": {"any": [{"event": "X"}]}}, "not (did “X”)", "неверно, что (событие «X» было)"),
    ({"all": [{"any": [{"event": "X"}, {"event": "Y"}]}]}, "did “X” or did “Y”", None),
    ({"any": [{"all": [{"event": "X"}]}, {"event": "Y"}]}, "did “X” or did “Y”", None),
]


@pytest.mark.parametrize(("document", "english", "russian"), TOLD)
def test_a_condition_is_told_in_words(document: Any, english: str, russian: str | None) -> None:
    assert explain(parse(document)) == english
    if russian:
        assert explain(parse(document), "ru-RU") == russian


def test_an_unknown_language_is_english() -> None:
    assert explain(parse({"event": "X"}), "xx") == "did “X”"


def test_clauses_are_told_in_words() -> None:
    where = parse_where({"revenue": {"gte": 50}, "currency": {"eq": "EUR"}})
    assert explain_where(where) == "revenue is at least 50 and currency is “EUR”"


def test_both_languages_have_all_words() -> None:
    assert ENGLISH.keys() == RUSSIAN.keys()
    assert ENGLISH.keys() >= {*OPERATORS, *AGGREGATES, *MESSAGE_WORDS}
    assert all(ENGLISH[key].count("{") == RUSSIAN[key].count("{") for key in ENGLISH)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"all": []}, References()),
        ({"attribute": "a.b", "eq": 1}, References(attributes=frozenset({"a.b"}))),
        (
            {"attribute": "a", "within_last": "1d"},
            References(attributes=frozenset({"a"}), time=True),
        ),
        ({"event": "X"}, References(events=frozenset({"X"}))),
        ({"event": "X", "within": "1d"}, References(events=frozenset({"X"}), time=True)),
        (
            {"event": "X", "last_at": {"within_last": "1d"}},
            References(events=frozenset({"X"}), time=True),
        ),
        (
            {"event": "X", "where": {"a": {"within_next": "1d"}, "b": {"is": "entry.b"}}},
            References(events=frozenset({"X"}), time=True, entry=True),
        ),
        (
            {"context": "a.b", "within_last": "1d"},
            References(contexts=frozenset({"a.b"}), time=True),
        ),
        ({"stage": "loyalty"}, References(stages=frozenset({"loyalty"}))),
        ({"lifecycle": "lead"}, References(lifecycles=frozenset({"lead"}))),
        ({"consent": "email"}, References(consents=frozenset({("email", "")}))),
        ({"reachable": "sms"}, References(channels=frozenset({"sms"}))),
        ({"random": 1, "salt": "x"}, References()),
        (
            {"in_journey": "j"},
            References(
                events=frozenset({"journey.entered", "journey.left"}), journeys=frozenset({"j"})
            ),
        ),
        (
            {"message": "sent", "journey": "j", "within": "1d"},
            References(events=frozenset({"message.sent"}), journeys=frozenset({"j"}), time=True),
        ),
        ({"message": "sent"}, References(events=frozenset({"message.sent"}))),
    ],
)
def test_what_a_condition_looks_at(document: Any, found: References) -> None:
    assert references(parse(document)) == found


def test_references_of_several_conditions_are_joined() -> None:
    one = parse({"all": [{"event": "X"}, {"not": {"event": "Y", "within": "1d"}}]})
    other = parse({"any": [{"attribute": "a", "eq": 1}, {"attribute": "b", "eq": 1}]})
    found = references(one, other)
    assert found.events == {"X", "Y"}
    assert found.attributes == {"a", "b"}
    assert found.time
    assert not found.entry
    assert references() == References()


def test_clauses_depend_on_time_and_entry_only() -> None:
    assert where_references(parse_where({"a": {"is": "entry.a"}})) == References(entry=True)
    assert where_references(()) == References()
