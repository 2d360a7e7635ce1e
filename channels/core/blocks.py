"""Blocks: parts that several contents share, put in where `{% include "footer" %}` asks for them.

That happens in the source, before anything is compiled: what is published is whole and stays as it
was, whatever becomes of its blocks. Each field takes the same field of the block.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from channels.core.mjml import text_of_html
from channels.core.variants import LOCALES, chosen, variant

INCLUDE = re.compile(r"\{%[-+]?\s*include\s+(?:\"([^\"]*)\"|'([^']*)')\s*[-+]?%\}")
DEEPEST = 5
MOST_CHARACTERS = 1_048_576
STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "html": ("html",),
    "mjml": ("mjml",),
    "text": ("text",),
    "body": ("body", "text"),
}
"""Which fields of a block fill a field; any other field takes the one of its name, or `text`."""

Blocks = Mapping[str, Mapping[str, Any]]


class BlockProblem(Exception):
    """A block that cannot be put in; the text says where and why."""


def named(content: Any) -> set[str]:
    """The blocks that a content asks for by itself, in any of its fields and variants."""
    if isinstance(content, str):
        return {found[1] or found[2] or "" for found in INCLUDE.finditer(content)}
    if isinstance(content, Mapping):
        return {slug for each in content.values() for slug in named(each)}
    if isinstance(content, list):
        return {slug for each in content for slug in named(each)}
    return set()


def gathered(content: Any, block: Callable[[str], Mapping[str, Any] | None]) -> Blocks:
    """Every block that a content needs, through others too; those that do not exist are absent."""
    found: dict[str, Mapping[str, Any]] = {}
    waiting = sorted(named(content))
    while waiting:
        slug = waiting.pop()
        body = None if slug in found else block(slug)
        if body is not None:
            found[slug] = body
            waiting += sorted(named(body))
    return found


def expanded(content: Mapping[str, Any], blocks: Blocks) -> dict[str, Any]:
    """The content with its blocks in their places, in every language that any of them speaks.

    Raises BlockProblem for a block that does not exist, says nothing here, or needs itself.
    """
    if not named(content):
        return dict(content)
    languages = dict.fromkeys(_languages(content, blocks))
    whole = _filled(variant(content, ""), blocks, "")
    if not languages:
        return whole
    return {**whole, LOCALES: {name: _spoken(content, blocks, name) for name in languages}}


def _languages(content: Mapping[str, Any], blocks: Blocks) -> Iterator[str]:
    for each in (content, *blocks.values()):
        yield from each.get(LOCALES) or {}


def _spoken(content: Mapping[str, Any], blocks: Blocks, name: str) -> dict[str, Any]:
    """The whole content in one language."""
    own = variant(content, chosen(content.get(LOCALES) or (), name))
    return _filled(own, blocks, name)


def _filled(content: Mapping[str, Any], blocks: Blocks, language: str) -> dict[str, Any]:
    return {key: _value(value, key, blocks, language) for key, value in content.items()}


def _value(value: Any, field: str, blocks: Blocks, language: str) -> Any:
    if isinstance(value, str):
        return _text(value, field, blocks, language, ())
    if isinstance(value, Mapping):
        return {key: _value(each, field, blocks, language) for key, each in value.items()}
    if isinstance(value, list):
        return [_value(each, field, blocks, language) for each in value]
    return value


def _text(source: str, field: str, blocks: Blocks, language: str, within: tuple[str, ...]) -> str:
    length = len(source)

    def put_in(found: re.Match[str]) -> str:
        nonlocal length
        slug = found[1] or found[2] or ""
        inner = _block(slug, field, blocks, language, within)
        text = _text(inner, field, blocks, language, (*within, slug))
        length += len(text)
        if length > MOST_CHARACTERS:
            raise BlockProblem(f"{field}: with its blocks the text is longer than a megabyte.")
        return text

    return INCLUDE.sub(put_in, source)


def _block(slug: str, field: str, blocks: Blocks, language: str, within: tuple[str, ...]) -> str:
    if slug in within:
        raise BlockProblem(f"{field}: the block “{slug}” needs itself.")
    if len(within) >= DEEPEST:
        raise BlockProblem(f"{field}: blocks are nested deeper than {DEEPEST}.")
    if slug not in blocks:
        raise BlockProblem(f"{field}: there is no block “{slug}”.")
    block = blocks[slug]
    own = variant(block, chosen(block.get(LOCALES) or (), language))
    for name in STANDS_FOR.get(field, (field, "text")):
        if isinstance(own.get(name), str):
            return str(own[name])
    if field == "text" and isinstance(own.get("html"), str):
        return text_of_html(str(own["html"])).strip()
    raise BlockProblem(f"{field}: the block “{slug}” has no {field}.")
