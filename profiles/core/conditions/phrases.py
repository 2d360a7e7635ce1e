"""The words that explain a condition, one table a language; every table has the same keys."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from profiles.core.durations import largest_unit, russian_plural, words


class Language(msgspec.Struct, frozen=True):
    """`times` tells how often (exactly, or as a bound), `last` and `next` a stretch of time."""

    code: str
    phrases: Mapping[str, str]
    times: Callable[[float, bool], str]
    last: Callable[[timedelta], str]
    next: Callable[[timedelta], str]


def _english_times(count: float, bound: bool) -> str:
    return "once" if count == 1 else f"{count} times"


def _russian_times(count: float, bound: bool) -> str:
    if count != int(count):
        return f"{count} раза"
    forms = ("раза", "раз", "раз") if bound else ("раз", "раза", "раз")
    return f"{int(count)} {russian_plural(int(count), forms)}"


def _russian_stretch(adjective: str, duration: timedelta) -> str:
    """`последние 30 дней`, `последний 21 день`, `последнюю 1 минуту`."""
    count, unit = largest_unit(duration)
    ending = russian_plural(count, ("ий" if unit in "dh" else "юю", "ие", "ие"))
    return f"{adjective}{ending} {words(duration, 'ru')}"


ENGLISH: Mapping[str, str] = {
    "and": " and ",
    "or": " or ",
    "not": "not ({})",
    "everybody": "everybody",
    "nobody": "nobody",
    "quoted": "“{}”",
    "true": "true",
    "false": "false",
    "empty": "nothing",
    "eq": "is {}",
    "ne": "is not {}",
    "gt": "is more than {}",
    "gte": "is at least {}",
    "lt": "is less than {}",
    "lte": "is at most {}",
    "in": "is one of {}",
    "not_in": "is none of {}",
    "contains": "contains {}",
    "not_contains": "does not contain {}",
    "starts_with": "starts with {}",
    "ends_with": "ends with {}",
    "exists": "is known",
    "exists_not": "is not known",
    "before": "is before {}",
    "after": "is after {}",
    "within_last": "is within {}",
    "within_next": "is within {}",
    "ieq": "is {} in any case of letters",
    "icontains": "contains {} in any case of letters",
    "is": "is the {} of the entry event",
    "did": "did {event}{times}{window}{where}",
    "did_not": "did not do {event}{window}{where}",
    "measured": "{measure}{window}{where} {checks}",
    "first": "did {event}{where}",
    "then": ", then{delay} {event}{where}",
    "no_later": " within {}",
    "all_within": ", all within {}",
    "times_eq": "exactly {}",
    "times_ne": "not exactly {}",
    "times_gt": "more than {}",
    "times_gte": "at least {}",
    "times_lt": "fewer than {}",
    "times_lte": "at most {}",
    "count": "the number of {event}",
    "sum": "the sum of {path} over {event}",
    "avg": "the average {path} of {event}",
    "min": "the smallest {path} of {event}",
    "max": "the largest {path} of {event}",
    "distinct": "the number of different {path} of {event}",
    "first_at": "the first {event}",
    "last_at": "the last {event}",
    "window": " within {}",
    "where": " where {}",
    "context": "the saved {}",
    "stage": "is in the stage {}",
    "lifecycle": "is in the lifecycle segment {}",
    "consent": "agreed to {channel}",
    "consent_topic": "agreed to {channel} about {topic}",
    "reachable": "can be reached by {}",
    "message": "a message{source} was {word}{window}",
    "journey": " of the journey {}",
    "step": " at the step {}",
    "in_journey": "is in the journey {}",
    "segment": "is in the segment {}",
    "random": "is among the stable {percent} % drawn as {salt}",
    "sent": "sent",
    "withheld": "withheld",
    "skipped": "skipped",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced",
    "complained": "complained about",
    "unsubscribed": "unsubscribed from",
    "failed": "failed",
    "replied": "replied to",
}

RUSSIAN: Mapping[str, str] = {
    "and": " и ",
    "or": " или ",
    "not": "неверно, что ({})",
    "everybody": "все",
    "nobody": "никто",
    "quoted": "«{}»",
    "true": "истина",
    "false": "ложь",
    "empty": "ничего",
    "eq": "равно {}",
    "ne": "не равно {}",
    "gt": "больше {}",
    "gte": "не меньше {}",
    "lt": "меньше {}",
    "lte": "не больше {}",
    "in": "одно из {}",
    "not_in": "ни одно из {}",
    "contains": "содержит {}",
    "not_contains": "не содержит {}",
    "starts_with": "начинается с {}",
    "ends_with": "заканчивается на {}",
    "exists": "известно",
    "exists_not": "неизвестно",
    "before": "раньше {}",
    "after": "позже {}",
    "within_last": "в {}",
    "within_next": "в {}",
    "ieq": "равно {} без учёта регистра",
    "icontains": "содержит {} без учёта регистра",
    "is": "совпадает с {} события входа",
    "did": "событие {event} было{times}{window}{where}",
    "did_not": "события {event} не было{window}{where}",
    "measured": "{measure}{window}{where} {checks}",
    "first": "событие {event} было{where}",
    "then": ", затем{delay} {event}{where}",
    "no_later": " не позже чем через {}",
    "all_within": ", всё за {}",
    "times_eq": "ровно {}",
    "times_ne": "не ровно {}",
    "times_gt": "более {}",
    "times_gte": "не менее {}",
    "times_lt": "менее {}",
    "times_lte": "не более {}",
    "count": "число событий {event}",
    "sum": "сумма {path} по событиям {event}",
    "avg": "среднее {path} по событиям {event}",
    "min": "наименьшее {path} среди событий {event}",
    "max": "наибольшее {path} среди событий {event}",
    "distinct": "число разных {path} среди событий {event}",
    "first_at": "первое событие {event}",
    "last_at": "последнее событие {event}",
    "window": " за {}",
    "where": ", где {}",
    "context": "сохранённое {}",
    "stage": "находится на стадии {}",
    "lifecycle": "находится в сегменте жизненного цикла {}",
    "consent": "есть согласие на {channel}",
    "consent_topic": "есть согласие на {channel} по теме {topic}",
    "reachable": "доступен по каналу {}",
    "message": "сообщение{source} {word}{window}",
    "journey": " из сценария {}",
    "step": " на шаге {}",
    "in_journey": "проходит сценарий {}",
    "segment": "входит в сегмент {}",
    "random": "входит в постоянные {percent} % по жребию {salt}",
    "sent": "отправлено",
    "withheld": "удержано",
    "skipped": "пропущено",
    "delivered": "доставлено",
    "opened": "открыто",
    "clicked": "получило переход",
    "bounced": "вернулось",
    "complained": "вызвало жалобу",
    "unsubscribed": "привело к отписке",
    "failed": "не отправлено из-за ошибки",
    "replied": "получило ответ",
}

LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        code="en",
        phrases=ENGLISH,
        times=_english_times,
        last=lambda duration: f"the last {words(duration)}",
        next=lambda duration: f"the next {words(duration)}",
    ),
    "ru": Language(
        code="ru",
        phrases=RUSSIAN,
        times=_russian_times,
        last=lambda duration: _russian_stretch("последн", duration),
        next=lambda duration: _russian_stretch("ближайш", duration),
    ),
}
