"""A condition in plain words, for audiences, decision logs and the editor; words in `phrases`."""

from datetime import timedelta

from profiles.core.conditions.ast import (
    All,
    AnyOf,
    Attribute,
    Check,
    Condition,
    Consent,
    Context,
    Entry,
    Event,
    InJourney,
    InSegment,
    InSequence,
    Leaf,
    Lifecycle,
    Message,
    Not,
    Random,
    Reachable,
    Scalar,
    Stage,
    Then,
    Where,
)
from profiles.core.conditions.phrases import LANGUAGES, Language
from profiles.core.durations import words


def explain(condition: Condition, language: str = "en") -> str:
    """One sentence without a full stop. `language` is `en`, `ru-RU` …; English when unknown."""
    return _told(condition, _language(language))


def explain_where(where: Where, language: str = "en") -> str:
    """The clauses of a trigger: `revenue is at least 50 and currency is “EUR”`."""
    return _clauses(where, _language(language))


def _language(code: str) -> Language:
    return LANGUAGES.get(code.lower()[:2], LANGUAGES["en"])


def _told(condition: Condition, said: Language) -> str:
    match condition:
        case All(of=parts):
            return _group(parts, said, "and", "everybody")
        case AnyOf(of=parts):
            return _group(parts, said, "or", "nobody")
        case Not(of=part):
            return said.phrases["not"].format(_told(part, said))
        case _:
            return _leaf(condition, said)


def _leaf(condition: Leaf, said: Language) -> str:
    match condition:
        case Attribute(path=path, checks=checks):
            return f"{path} {_checks(checks, said)}"
        case Context(path=path, checks=checks):
            return f"{said.phrases['context'].format(path)} {_checks(checks, said)}"
        case Event() | InSequence() | Message():
            return _history(condition, said)
        case InSegment(segment=segment):
            return said.phrases["segment"].format(_value(segment, said))
        case _:
            return _standing(condition, said)


def _standing(
    condition: Stage | Lifecycle | Consent | Reachable | InJourney | Random, said: Language
) -> str:
    phrases = said.phrases
    match condition:
        case Stage(slugs=slugs):
            return phrases["stage"].format(_listed(slugs, said))
        case Lifecycle(slugs=slugs):
            return phrases["lifecycle"].format(_listed(slugs, said))
        case Consent(channel=channel, topic=topic):
            key = "consent_topic" if topic else "consent"
            return phrases[key].format(channel=channel, topic=_value(topic, said))
        case Reachable(channel=channel):
            return phrases["reachable"].format(channel)
        case InJourney(journey=journey):
            return phrases["in_journey"].format(_value(journey, said))
        case _:
            salt = _value(condition.salt, said)
            return phrases["random"].format(percent=condition.percent, salt=salt)


def _history(condition: Event | InSequence | Message, said: Language) -> str:
    if isinstance(condition, InSequence):
        return _sequence(condition, said)
    return _message(condition, said) if isinstance(condition, Message) else _event(condition, said)


def _group(parts: tuple[Condition, ...], said: Language, word: str, none: str) -> str:
    if not parts:
        return said.phrases[none]
    told = [_told(part, said) for part in parts]
    mixed = [
        f"({text})"
        if isinstance(part, All | AnyOf) and len(part.of) > 1 and len(parts) > 1
        else text
        for part, text in zip(parts, told, strict=True)
    ]
    return said.phrases[word].join(mixed)


def _event(event: Event, said: Language) -> str:
    phrases = said.phrases
    parts = {
        "event": _value(event.name, said),
        "window": phrases["window"].format(said.last(event.within)) if event.within else "",
        "where": phrases["where"].format(_clauses(event.where, said)) if event.where else "",
    }
    if event.measure.kind == "count" and event.checks == (Check("gte", 1),):
        return phrases["did"].format(times="", **parts)
    if event.measure.kind == "count" and event.checks == (Check("eq", 0),):
        return phrases["did_not"].format(**parts)
    if event.measure.kind == "count" and all(_counts(check) for check in event.checks):
        times = phrases["and"].join(_times(check, said) for check in event.checks)
        return phrases["did"].format(times=f" {times}", **parts)
    measure = phrases[event.measure.kind].format(event=parts["event"], path=event.measure.path)
    return phrases["measured"].format(measure=measure, checks=_checks(event.checks, said), **parts)


def _sequence(sequence: InSequence, said: Language) -> str:
    phrases = said.phrases
    first, *later = sequence.steps
    told = [phrases["first"].format(**_done(first, said))]
    for step in later:
        delay = phrases["no_later"].format(words(step.within, said.code)) if step.within else ""
        told.append(phrases["then"].format(delay=delay, **_done(step, said)))
    window = phrases["all_within"].format(said.last(sequence.within)) if sequence.within else ""
    return "".join(told) + window


def _done(step: Then, said: Language) -> dict[str, str]:
    where = said.phrases["where"].format(_clauses(step.where, said)) if step.where else ""
    return {"event": _value(step.name, said), "where": where}


def _counts(check: Check) -> bool:
    return f"times_{check.operator}" in LANGUAGES["en"].phrases


def _times(check: Check, said: Language) -> str:
    bound = check.operator not in {"eq", "ne"}
    count = check.value if isinstance(check.value, int | float) else 0
    return said.phrases[f"times_{check.operator}"].format(said.times(count, bound))


def _message(message: Message, said: Language) -> str:
    phrases = said.phrases
    given = (("journey", message.journey), ("step", message.step))
    source = "".join(phrases[key].format(_value(name, said)) for key, name in given if name)
    window = phrases["window"].format(said.last(message.within)) if message.within else ""
    return phrases["message"].format(word=phrases[message.word], source=source, window=window)


def _clauses(where: Where, said: Language) -> str:
    return said.phrases["and"].join(
        f"{clause.path} {_checks(clause.checks, said)}" for clause in where
    )


def _checks(checks: tuple[Check, ...], said: Language) -> str:
    return said.phrases["and"].join(_check(check, said) for check in checks)


def _check(check: Check, said: Language) -> str:
    phrases, value = said.phrases, check.value
    if check.operator == "exists":
        return phrases["exists" if value else "exists_not"]
    if isinstance(value, Entry):
        return phrases[check.operator].format(value.path)
    if isinstance(value, timedelta):
        stretch = said.next if check.operator == "within_next" else said.last
        return phrases[check.operator].format(stretch(value))
    return phrases[check.operator].format(
        _listed(value, said) if isinstance(value, tuple) else _value(value, said)
    )


def _listed(values: tuple[Scalar, ...], said: Language) -> str:
    return ", ".join(_value(value, said) for value in values) or said.phrases["empty"]


def _value(value: Scalar, said: Language) -> str:
    if isinstance(value, bool):
        return said.phrases["true" if value else "false"]
    return said.phrases["quoted"].format(value) if isinstance(value, str) else str(value)
