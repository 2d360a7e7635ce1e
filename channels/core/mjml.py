"""Prepares a content once, at publish: MJML to HTML, styles inlined, a plain-text twin.

Template code is masked while HTML tools work on the markup around it, and put back unchanged.
"""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any

import css_inline
import mjml

from channels.core.variants import LOCALES, variant

_STRING = r"\"[^\"]*\"|'[^']*'"
_CODE = re.compile(
    r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}"
    rf"|\{{\{{(?:{_STRING}|[^\"'}}]|\}}(?!\}}))*\}}\}}"
    rf"|\{{%(?:{_STRING}|[^\"'%]|%(?!\}}))*%\}}"
    r"|\{#.*?#\}",
    re.DOTALL,
)
_MASKED = re.compile(r"<!--(jx[0-9]+xj)-->|&lt;!--(jx[0-9]+xj)--&gt;|(jx[0-9]+xj)(?:=\"\")?")
_MARKUP = re.compile(r"<!--|-->|<(?=[a-zA-Z/!?])|>|[\"']")
_STYLE = re.compile(r"<style\b", re.IGNORECASE)
_TOKEN = "jx{:05d}xj"  # noqa: S105

BLOCKS = frozenset({
    "address", "article", "blockquote", "div", "dl", "dt", "dd", "footer", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "li", "main", "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
UNSEEN = frozenset({"head", "script", "style", "template", "title"})


class ContentProblem(Exception):
    """A content that cannot be prepared; the text says where and why."""


def compile_content(body: dict[str, Any]) -> dict[str, Any]:
    """The content as it is stored and rendered. Preparing a prepared content changes nothing."""
    if body.get("compiled"):
        return body
    prepared = {**_prepared(variant(body, "")), "compiled": True}
    if body.get(LOCALES):
        prepared[LOCALES] = {name: _prepared(variant(body, name)) for name in body[LOCALES]}
    return prepared


def _prepared(body: dict[str, Any]) -> dict[str, Any]:
    """The content in one language."""
    prepared = {name: value for name, value in body.items() if name != "mjml"}
    if body.get("mjml"):
        prepared["html"] = html_of_mjml(str(body["mjml"]))
    elif body.get("html"):
        prepared["html"] = inlined(str(body["html"]))
    if prepared.get("html") and not prepared.get("text"):
        prepared["text"] = text_of_html(prepared["html"])
    return prepared


def html_of_mjml(source: str) -> str:
    """Raises ContentProblem where the MJML is not well-formed."""
    masked, codes, _ = _mask(source)
    try:
        html: str = mjml.mjml2html(masked)
    except (OSError, ValueError) as error:
        raise ContentProblem(f"The MJML cannot be read: {error}") from error
    return _unmask(html, codes)


def inlined(html: str) -> str:
    """The HTML with its style rules repeated on the elements they match."""
    if not _STYLE.search(html):
        return html
    masked, codes, within_tags = _mask(html)
    if within_tags:
        # Conditional attributes would be read as attributes that are always there.
        return html
    result = css_inline.inline(masked, keep_style_tags=True, load_remote_stylesheets=False)
    return _unmask(result, codes)


def text_of_html(html: str) -> str:
    """A plain-text twin: blocks on lines of their own, links followed by their address."""
    masked, codes, _ = _mask(html)
    writer = _TextWriter()
    writer.feed(masked)
    writer.close()
    return _unmask(writer.text(), codes)


def masked_tags(html: str, pattern: re.Pattern[str], change: Callable[[str], str]) -> str:
    """The HTML with each tag that matches `pattern` changed, whatever template code it contains."""
    masked, codes, _ = _mask(html)
    return _unmask(pattern.sub(lambda tag: change(tag[0]), masked), codes)


def codes(source: str) -> Iterator[tuple[int, str]]:
    """(place, code) of all template code of a source."""
    return ((found.start(), found[0]) for found in _CODE.finditer(source))


def blanked(source: str) -> str:
    """The source with spaces for its code: every other character stays in its place."""
    return _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), source)


def _mask(source: str) -> tuple[str, list[str], bool]:
    """The source with tokens for its code, the codes, and whether a statement is inside a tag."""
    codes = _CODE.findall(source)
    if "jx" in source and _MASKED.search(source):
        raise ContentProblem("The text contains jx…xj, which is reserved: change it.")
    pieces, within_tags, place = [], False, ""
    for number, (text, code) in enumerate(_split(source, codes)):
        place = _place(text, place)
        pieces.append(text)
        if not code:
            continue
        token, statement = _TOKEN.format(number), not code.startswith("{{")
        pieces.append(f"<!--{token}-->" if statement and not place else token)
        within_tags = within_tags or (statement and place == "<")
    return "".join(pieces), codes, within_tags


def _split(source: str, codes: list[str]) -> Iterator[tuple[str, str]]:
    """(text, the code after it) …, the last with no code."""
    position = 0
    for code in codes:
        start = source.index(code, position)
        yield source[position:start], code
        position = start + len(code)
    yield source[position:], ""


def _place(text: str, place: str) -> str:
    """Where a text ends that began in `place`: '' between tags, '<' in one, a quote, or '<!--'."""
    for found in _MARKUP.finditer(text):
        mark = found[0]
        if place in {'"', "'"}:
            place = "<" if mark == place else place
        elif place == "<!--":
            place = "" if mark == "-->" else place
        elif place == "<":
            place = "" if mark in {">", "-->"} else mark if mark in {'"', "'"} else place
        elif mark in {"<", "<!--"}:
            place = mark
    return place


def _unmask(text: str, codes: list[str]) -> str:
    def code(token: re.Match[str]) -> str:
        name = next(group for group in token.groups() if group)
        return codes[int(name[2:-2])]

    return _MASKED.sub(code, text)


class _TextWriter(HTMLParser):
    """Collects what a reader would see, with line breaks where blocks begin and end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in UNSEEN:
            self._unseen += 1
        elif tag == "br" or tag in BLOCKS:
            self._pieces.append("\n" if tag in {"br", "li", "tr"} else "\n\n")
            self._pieces.append("- " if tag == "li" else "")
        elif tag == "img":
            self._pieces.append(given.get("alt") or "")
        elif tag == "a":
            self._links.append(given.get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in BLOCKS:
            self._pieces.append("\n" if tag in {"li", "tr"} else "\n\n")
        elif tag == "a" and self._links:
            href = self._links.pop()
            self._pieces.append(f" ({href})" if href and not href.startswith("#") else "")
        elif tag in {"td", "th"}:
            self._pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def handle_comment(self, data: str) -> None:
        if not self._unseen and _MASKED.fullmatch(data):
            self._pieces.append(data)

    def text(self) -> str:
        lines = (
            re.sub(r"[ \t\xa0]+", " ", line).strip() for line in "".join(self._pieces).split("\n")
        )
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
