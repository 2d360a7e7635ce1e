"""What a content may hold: as such, when a template is saved, and for the channels of a step."""

from collections.abc import Iterator, Mapping
from typing import Any

from channels.core import offer, onsite, telegram, utm, variants
from channels.core.mjml import ContentProblem, html_of_mjml
from channels.core.render import FIELDS, OTHER, source_of
from channels.core.template import problems
from channels.core.template_rules import Kind

TEXTS: Mapping[str, Kind] = {
    "subject": "line", "html": "html", "mjml": "html", "text": "text", "title": "line",
    "body": "short", "url": "line", "image": "line",
}  # fmt: skip
"""The texts of a content. A channel may narrow what is right here: an SMS is short."""
MAPPINGS = ("data", "headers")
KEYS = (*TEXTS, *MAPPINGS, "track", "offer_ends", "utm", variants.LOCALES)
WHOLE = ("offer_ends", "utm", variants.LOCALES)
"""What is said once, for all languages."""
MAX_DEPTH = 10
_FREE_OF_TEXT = frozenset({"email", "push", "inbox", "webhook"})
_SHOWN = {"push": "A push message", "inbox": "A message on the site"}
_DATA_CHECKS = {"telegram": telegram.button_problem, "inbox": onsite.data_problem}
_SAYING = ("data", *FIELDS["webhook"])

Fault = tuple[str, str, str]
"""(path, code, sentence)."""


def misshapen(content: Any) -> Iterator[Fault]:
    """What is not of a content's shape; texts are not looked into."""
    if not isinstance(content, Mapping):
        yield "content", "wrong_type", "A content is a mapping such as {subject: …, html: …}."
        return
    if not any(content.get(key) for key in (*TEXTS, "data")):
        yield "content", "missing", "Say something: subject, html, mjml, text, title, body or data."
    yield from _misshapen(content, "")
    for path, sentence in variants.faults(content):
        yield path, "invalid", sentence
    locales = content.get(variants.LOCALES)
    for name, own in locales.items() if isinstance(locales, Mapping) else ():
        if isinstance(own, Mapping):
            yield from _misshapen(own, f"{variants.LOCALES}.{name}.")


def wrong_texts(content: Mapping[str, Any]) -> Iterator[Fault]:
    """What cannot be rendered, in any language; blocks are in their places."""
    seen: set[tuple[str, str]] = set()
    for name, each in variants.variants(content):
        prefix = f"{variants.LOCALES}.{name}." if name else ""
        for field, sentence in _wrong(each):
            if (field, sentence) not in seen:
                seen.add((field, sentence))
                yield f"{prefix}{field}", "template", sentence


def content_problems(
    content: Mapping[str, Any], channels: tuple[str, ...]
) -> list[tuple[str, str]]:
    """(field, sentence) of what would keep this content from being sent through these channels,
    in any of its languages.
    """
    shape = [(path, sentence) for path, _code, sentence in misshapen(content) if path != "content"]
    if shape:
        return shape
    found: dict[str, str] = {}
    for name, each in variants.variants(content):
        prefix = f"{variants.LOCALES}.{name}." if name else ""
        for field, sentence in dict.fromkeys(_problems(each, channels)):
            found.setdefault(f"{field}\n{sentence}", f"{prefix}{field}")
    return [(place, key.partition("\n")[2]) for key, place in found.items()]


def _misshapen(content: Mapping[str, Any], prefix: str) -> Iterator[Fault]:
    for key, value in content.items():
        path = f"{prefix}{key}"
        if key not in KEYS or (prefix and key in WHOLE):
            known = ", ".join(KEYS)
            yield path, "unknown_key", f"A content has no {key}; it has {known}."
        elif key in (*TEXTS, "offer_ends") and not isinstance(value, str):
            yield path, "wrong_type", "This is a text."
        elif key in MAPPINGS and not _is_plain(value, 0):
            yield path, "wrong_type", "This is a mapping of texts, numbers, lists and mappings."
        elif key == "track" and not isinstance(value, bool):
            yield path, "wrong_type", "track is true or false."
    if not prefix:
        yield from _wrong_as_a_whole(content)
    if content.get("html") and content.get("mjml"):
        yield f"{prefix}html", "ambiguous", "MJML becomes the HTML; keep one."


def _wrong_as_a_whole(content: Mapping[str, Any]) -> Iterator[Fault]:
    if (ends := str(content.get("offer_ends") or "")) and offer.problem(ends):
        yield "offer_ends", "invalid", offer.problem(ends)
    for name, sentence in utm.wrong(content["utm"]) if "utm" in content else ():
        yield f"utm.{name}".rstrip("."), "invalid", sentence


def _is_plain(value: Any, depth: int) -> bool:
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and _is_plain(v, depth + 1) for k, v in value.items())
    if depth == 0:
        return False
    if isinstance(value, list):
        return all(_is_plain(each, depth + 1) for each in value)
    return value is None or isinstance(value, str | int | float | bool)


def _wrong(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field, kind in TEXTS.items():
        for sentence in problems(str(content.get(field) or ""), kind):
            yield field, sentence
    yield from _in_mappings(content)
    if "<mjml" in str(content.get("mjml") or "").lower():
        yield from _of_mjml(content)


def _in_mappings(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for field in MAPPINGS:
        for sentence in _inside(content.get(field)):
            yield field, sentence


def _of_mjml(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the page that the MJML becomes."""
    try:
        for sentence in problems(html_of_mjml(str(content["mjml"])), "html"):
            yield "mjml", sentence
    except ContentProblem as error:
        yield "mjml", str(error)


def _inside(value: Any) -> Iterator[str]:
    """The same of every text in a mapping."""
    if isinstance(value, str):
        yield from problems(value, "short")
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _inside(each)
    elif isinstance(value, list):
        for each in value:
            yield from _inside(each)


def _problems(content: Mapping[str, Any], channels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for channel in channels:
        for field, kind in FIELDS.get(channel, OTHER).items():
            for sentence in problems(source_of(content, channel, field), kind):
                yield field, sentence
    yield from _in_mappings(content)
    yield from _missing(content, channels)
    if content.get("mjml"):
        yield from _of_mjml(content)


def _missing(content: Mapping[str, Any], channels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What a channel cannot do without."""
    if "email" in channels and not content.get("subject"):
        yield "subject", "An e-mail needs a subject."
    if "email" in channels and not any(content.get(name) for name in ("html", "mjml", "text")):
        yield "html", "An e-mail needs html, mjml or text."
    if not any(content.get(name) for name in ("title", "body", "text")):
        shown = [words for channel, words in _SHOWN.items() if channel in channels]
        yield from (("title", f"{words} needs a title or a text.") for words in shown)
    if any(channel not in _FREE_OF_TEXT for channel in channels) and not content.get("text"):
        yield "text", "This channel needs a text."
    yield from _unsaid(content, channels)


def _unsaid(content: Mapping[str, Any], channels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The same of what stands in `data`."""
    if "webhook" in channels and not any(content.get(name) for name in _SAYING):
        yield "data", "A webhook message needs a text or data."
    found = [check(content.get("data")) for name, check in _DATA_CHECKS.items() if name in channels]
    yield from (("data", problem) for problem in found if problem)
