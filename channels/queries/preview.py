"""What a content would become for somebody: rendered as it would be sent, and nothing is sent."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from channels.core import sms, variants
from channels.core.mjml import ContentProblem, compile_content
from channels.core.render import Addresses, Rendered, TemplateProblem, prepare
from channels.core.template_abort import Aborted
from channels.core.template_paths import is_empty, paths_of
from channels.queries.public import signer, unsubscribe_text
from profiles.queries.cursor import texts

NOBODY = bytes(16)
"""The id of no message: links of previews lead to nothing."""

PERSON = """
SELECT id, locale, attributes FROM profiles_customer WHERE id = %(id)s
"""
RANDOM = """
SELECT id, locale, attributes FROM profiles_customer
WHERE merged_into_id IS NULL AND id >= (
    SELECT floor(%(lot)s * (max(id) + 1)) FROM profiles_customer WHERE merged_into_id IS NULL)
ORDER BY id LIMIT 1
"""
WORST = """
SELECT id, locale, attributes FROM (
    SELECT id, locale, attributes FROM profiles_customer WHERE merged_into_id IS NULL
    ORDER BY id DESC LIMIT %(newest)s) newest
ORDER BY (SELECT count(*) FROM unnest(%(paths)s::text[]) AS w(path)
          WHERE coalesce(attributes #>> w.path::text[], '') IN ('', '[]', '{}')) DESC,
         id LIMIT 1
"""
WORST_OF = WORST.replace("merged_into_id IS NULL", "merged_into_id IS NULL AND id = ANY(%(among)s)")
NEWEST = 100_000
"""So many customers are looked through for who lacks most."""


class Person(NamedTuple):
    """Whose message it would be; nobody has id None."""

    id: int | None
    locale: str
    attributes: dict[str, Any]


class Shown(NamedTuple):
    """A message as one channel would send it, or why it would not: `problem`, or `aborted`."""

    channel: str
    rendered: Rendered
    segments: sms.Segments | None
    problem: str
    aborted: str | None


def person(customer: int) -> Person | None:
    return _one(PERSON, {"id": customer})


def somebody(*, lot: float) -> Person | None:
    """One customer by lot, a number from 0 to 1. None where there is nobody."""
    return _one(RANDOM, {"lot": lot})


def worst(content: Mapping[str, Any], among: Sequence[int] | None = None) -> Person | None:
    """Of the newest customers, or of those `among`, who lacks most of what the content reads of
    customers.
    """
    read = [texts(path[1:]) for path in paths_of(content).read if path[0] == "customer"]
    given = {"paths": read, "newest": NEWEST, "among": among}
    return _one(WORST if among is None else WORST_OF, given)


def missing(content: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """What the content reads without a default and would not find."""
    needed = paths_of(content).needed
    return sorted(".".join(path) for path in needed if is_empty(path, facts))


def spoken(content: Mapping[str, Any], locale: str) -> tuple[str, dict[str, Any]]:
    """The language that a locale would get, "" for the content itself, and the content in it."""
    language = variants.chosen(content.get(variants.LOCALES) or (), locale)
    return language, variants.variant(content, language)


def show(
    content: Mapping[str, Any],
    channels: Iterable[str],
    *,
    facts: Mapping[str, Any],
    locale: str,
    purpose: str,
) -> list[Shown]:
    """A content of one language as each channel would send it; `facts` are what templates see."""
    try:
        compiled = compile_content(dict(content))
    except ContentProblem as error:
        return [Shown(channel, Rendered(), None, str(error), None) for channel in channels]
    return [_shown(compiled, channel, facts, locale, purpose) for channel in channels]


def speaking(content: Mapping[str, Any]) -> list[str]:
    """The channels that a content is written for, as far as its texts tell."""
    found = ["email"] if content.get("subject") else []
    if content.get("title") or content.get("body"):
        found.append("push")
    if content.get("text") and not found:
        found.append("sms")
    return found or ["webhook"]


def _shown(
    content: dict[str, Any], channel: str, facts: Mapping[str, Any], locale: str, purpose: str
) -> Shown:
    addresses = Addresses(signer(), NOBODY, unsubscribe_text=unsubscribe_text(locale), confirm="#")
    try:
        rendered = prepare(content, channel=channel, purpose=purpose).render(facts, addresses)
    except TemplateProblem as error:
        return Shown(channel, Rendered(), None, str(error), None)
    except Aborted as error:
        return Shown(channel, Rendered(), None, "", str(error))
    counted = sms.segments(rendered.text) if channel == "sms" else None
    return Shown(channel, rendered, counted, "", None)


def _one(statement: str, given: Mapping[str, Any]) -> Person | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        row = cursor.fetchone()
    if row is None:
        return None
    attributes = row[2] if isinstance(row[2], dict) else msgspec.json.decode(row[2])
    return Person(row[0], row[1], attributes)
