"""What a page's MJML is made of: unknown tags, tags left open, words that no column would show.

The compiler drops what it does not know without a word; here it is told, with its place.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import NamedTuple

from channels.core.mjml import blanked

TAGS = frozenset({
    "mjml", "mj-head", "mj-body", "mj-attributes", "mj-all", "mj-class", "mj-breakpoint", "mj-font",
    "mj-html-attributes", "mj-selector", "mj-html-attribute", "mj-preview", "mj-style", "mj-title",
    "mj-accordion", "mj-accordion-element", "mj-accordion-text", "mj-accordion-title", "mj-button",
    "mj-carousel", "mj-carousel-image", "mj-column", "mj-divider", "mj-group", "mj-hero",
    "mj-image", "mj-include", "mj-navbar", "mj-navbar-link", "mj-raw", "mj-section", "mj-social",
    "mj-social-element", "mj-spacer", "mj-table", "mj-text", "mj-wrapper",
})  # fmt: skip
HTML_WITHIN = frozenset({
    "mj-accordion-text", "mj-accordion-title", "mj-button", "mj-navbar-link", "mj-preview",
    "mj-raw", "mj-social-element", "mj-style", "mj-table", "mj-text", "mj-title",
})  # fmt: skip
"""Elements whose inside is HTML, which is left alone."""
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)((?:\"[^\"]*\"|'[^']*'|[^\"'>])*?)(/?)>|<!--.*?-->", re.S)
_UNSAID = frozenset({"mjml", "mj-head", "mj-attributes", "mj-html-attributes"})


class Spot(NamedTuple):
    """A stretch of the source, and what is wrong there; an `error` keeps it from being sent."""

    start: int
    end: int
    code: str
    message: str


def spots(source: str) -> Iterator[Spot]:
    """In the order of the source, as far as its tags can be told apart."""
    text = blanked(source)
    open_: list[re.Match[str]] = []
    place = 0
    for tag in _TAG.finditer(text):
        yield from _loose(text, place, tag.start(), open_)
        place = tag.end()
        if tag[2]:
            yield from _tag(tag, open_)
    yield from (_left_open(tag) for tag in open_)


def _tag(tag: re.Match[str], open_: list[re.Match[str]]) -> Iterator[Spot]:
    name, parent = tag[2].lower(), open_[-1][2].lower() if open_ else ""
    if parent in HTML_WITHIN:
        if tag[1] and name == parent:
            open_.pop()
        return
    if tag[1]:
        yield from _closed(tag, open_)
        return
    if name not in TAGS and parent not in _UNSAID - {"mjml"}:
        yield Spot(tag.start(), tag.start(2) + len(name), "unknown_tag", _unknown(name))
    if not tag[4]:
        open_.append(tag)


def _closed(tag: re.Match[str], open_: list[re.Match[str]]) -> Iterator[Spot]:
    name = tag[2].lower()
    if not any(each[2].lower() == name for each in open_):
        words = f"</{name}> closes nothing."
        yield Spot(tag.start(), tag.end(), "not_opened", words)
        return
    while open_:
        last = open_.pop()
        if last[2].lower() == name:
            return
        yield _left_open(last)


def _left_open(tag: re.Match[str]) -> Spot:
    words = f"<{tag[2]}> is never closed."
    return Spot(tag.start(), tag.start(2) + len(tag[2]), "not_closed", words)


def _unknown(name: str) -> str:
    if not name.startswith("mj"):
        return f"<{name}> stands outside of a text, where it is dropped: put it into <mj-text>."
    near = get_close_matches(name, sorted(TAGS), n=1)
    return f"There is no <{name}>" + (f": did you mean <{near[0]}>?" if near else ".")


def _loose(text: str, start: int, end: int, open_: list[re.Match[str]]) -> Iterator[Spot]:
    """Words between tags that no element shows."""
    parent = open_[-1][2].lower() if open_ else ""
    words = text[start:end]
    if words.strip() and parent not in HTML_WITHIN and (not parent or parent in TAGS):
        begin = start + len(words) - len(words.lstrip())
        message = "These words stand outside of a text, where they are dropped: use <mj-text>."
        yield Spot(begin, begin + len(words.strip()), "loose_text", message)
