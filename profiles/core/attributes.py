"""Traits become attributes: folded in time order, the four that channels rely on in one spelling.

An e-mail, phone, time zone or locale that cannot be read is left out and reported; the value that
stood there before stays. A null (or an empty e-mail and the like) removes the attribute.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email


class Unreadable(NamedTuple):
    """A trait that was left out: its name, a code for machines and a sentence with the remedy."""

    name: str
    code: str
    message: str


class Patch(NamedTuple):
    """What to write over a customer's attributes: `put` them, remove the names in `drop`."""

    put: dict[str, Any]
    drop: list[str]

    def __bool__(self) -> bool:
        return bool(self.put or self.drop)


LONGEST_MAILBOX = 64
"""Bytes before the @, as SMTP limits them."""


def patch(traits: Mapping[str, Any], *, country: str = "") -> tuple[Patch, list[Unreadable]]:
    """Traits as attributes. `country` (ISO, two letters) is for national phone numbers."""
    put: dict[str, Any] = {}
    drop: list[str] = []
    unreadable: list[Unreadable] = []
    region = str(traits.get("country") or country).strip().upper()
    for name, given in traits.items():
        reader = _READERS.get(name) if given is not None else None
        value = reader(str(given).strip(), region) if reader else given
        if reader and value is None:
            unreadable.append(Unreadable(name, f"invalid_{name}", _REMEDIES[name]))
        elif value is None or (reader and value == ""):
            drop.append(name)
        else:
            put[name] = value
    return Patch(put, drop), unreadable


def fold(
    traits: Iterable[Mapping[str, Any]], *, country: str = ""
) -> tuple[Patch, list[tuple[int, Unreadable]]]:
    """Several sets of traits, oldest first, as one patch: the newest readable word on each name.

    Whatever was left out comes with the number of its set, counted from 0.
    """
    folded: dict[str, Any] = {}
    unreadable: list[tuple[int, Unreadable]] = []
    for number, given in enumerate(traits):
        found, problems = patch(given, country=str(folded.get("country", country) or ""))
        folded |= {**found.put, **dict.fromkeys(found.drop)}
        unreadable += [(number, problem) for problem in problems]
    put = {name: value for name, value in folded.items() if value is not None}
    return Patch(put, [name for name, value in folded.items() if value is None]), unreadable


def email(text: str) -> str | None:
    """The address in lower case, "" for none, None where it cannot be one."""
    return _email(text.strip())


def phone(text: str, region: str = "") -> str | None:
    """The number in E.164, "" for none, None where it cannot be one."""
    return _phone(text.strip(), region)


@lru_cache(maxsize=8192)
def _email(text: str, _region: str = "") -> str | None:
    if not text:
        return ""
    try:
        found = validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    fits = "." in found.domain and len(found.local_part.encode()) <= LONGEST_MAILBOX
    return found.normalized.lower() if fits else None


@lru_cache(maxsize=8192)
def _phone(text: str, region: str) -> str | None:
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _timezone(text: str, _region: str) -> str | None:
    return _zones().get(text.casefold()) if text else ""


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


_LOCALE = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?", re.IGNORECASE)


def _locale(text: str, _region: str) -> str | None:
    if not text:
        return ""
    found = _LOCALE.fullmatch(text.partition(".")[0])
    if found is None:
        return None
    language, script, region = found.groups(default="")
    parts = (language.lower(), script.title(), region.upper())
    return "-".join(part for part in parts if part)


_READERS: Mapping[str, Callable[[str, str], str | None]] = {
    "email": _email,
    "phone": _phone,
    "timezone": _timezone,
    "locale": _locale,
}
_REMEDIES = {
    "email": "This is not an e-mail address: write it as ann@example.com.",
    "phone": "This is not a phone number: write it as +491701234567, or send country with it.",
    "timezone": "This is not an IANA time zone: write it as Europe/Berlin.",
    "locale": "This is not a locale: write it as de or de-CH.",
}
COLUMNS = tuple(_READERS)
"""The attributes that the customer's row repeats in columns of their own."""
