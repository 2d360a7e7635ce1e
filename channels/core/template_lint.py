"""What an author is told about a content while writing: with its line, its column, and the remedy.

Errors keep it from being saved; warnings name what some customers would get: gaps, dropped tags.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal

import msgspec

from channels.core.blocks import INCLUDE
from channels.core.content import TEXTS
from channels.core.mjml import codes
from channels.core.mjml_lint import spots
from channels.core.template import problems
from channels.core.template_paths import Path, paths_of
from channels.core.variants import LOCALES

Severity = Literal["error", "warning"]
BREAKING = frozenset({"not_closed", "not_opened"})
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_NAMED = re.compile(r"`([^`]+)`|'([^']+)'|“([^”]+)”")
_WIDE = 500


class Fill(msgspec.Struct, frozen=True):
    """How many of `base` customers have nothing at a path."""

    empty: int
    base: int


class Finding(msgspec.Struct, frozen=True):
    """`line` and `column` count from 1; `field` is a text of the content, in `language` ("" is its
    own). `path`, `empty` and `base` are of what is missing for some.
    """

    field: str
    language: str
    line: int
    column: int
    length: int
    severity: Severity
    code: str
    message: str
    path: str = ""
    empty: int = 0
    base: int = 0


def texts(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(language, field, source) of every text of a content."""
    locales = content.get(LOCALES)
    known = locales if isinstance(locales, Mapping) else {}
    for language, own in (("", content), *known.items()):
        for field in TEXTS if isinstance(own, Mapping) else ():
            if isinstance(own.get(field), str) and own[field]:
                yield str(language), field, own[field]


def asked(content: Mapping[str, Any]) -> frozenset[Path]:
    """What the content shows of customers and cannot do without."""
    return frozenset(path for path in paths_of(content).needed if path[0] == "customer")


def findings(
    content: Mapping[str, Any], fills: Mapping[Path, Fill], known: frozenset[str]
) -> list[Finding]:
    """Of every text. `fills` are of the paths `asked`, `known` the names of attributes."""
    found: list[Finding] = []
    for language, field, source in texts(content):
        place = _Place(language, field, source)
        found += _refused(place)
        found += _made_of(place) if field == "mjml" else ()
        found += _gaps(place, fills, known)
    return found


class _Place(msgspec.Struct, frozen=True):
    language: str
    field: str
    source: str

    def at(self, start: int, end: int, severity: Severity, code: str, message: str) -> Finding:
        """A finding about a stretch of this text."""
        line = self.source.count("\n", 0, start) + 1
        column = start - (self.source.rfind("\n", 0, start) + 1) + 1
        return Finding(
            self.field, self.language, line, column, max(1, end - start), severity, code, message
        )


def _refused(place: _Place) -> Iterator[Finding]:
    """What the sandbox refuses. Blocks are looked at where they are templates themselves."""
    source = INCLUDE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), place.source)
    for sentence in problems(source, TEXTS[place.field]):
        told = _LINE.fullmatch(sentence)
        line, words = (int(told[1]), told[2]) if told else (1, sentence)
        start, end = _within_line(place.source, line, words)
        yield place.at(start, end, "error", "template", words[:1].upper() + words[1:])


def _within_line(source: str, line: int, words: str) -> tuple[int, int]:
    """What the words name, if it stands in the line; else the line's code, else all of it."""
    lines = source.split("\n")
    line = min(line, len(lines))
    start = sum(len(each) + 1 for each in lines[: line - 1])
    said = lines[line - 1]
    named = next((name for found in _NAMED.findall(words) for name in found if name), "")
    if named and named in said:
        return start + said.index(named), start + said.index(named) + len(named)
    code = re.search(r"\{[{%#].*?(?:[}%#]\}|$)", said)
    if code:
        return start + code.start(), start + code.end()
    return start, start + min(len(said), _WIDE)


def _made_of(place: _Place) -> Iterator[Finding]:
    if "<mjml" not in place.source.lower():
        return
    for spot in spots(place.source):
        severity: Severity = "error" if spot.code in BREAKING else "warning"
        yield place.at(spot.start, spot.end, severity, spot.code, spot.message)


def _gaps(place: _Place, fills: Mapping[Path, Fill], known: frozenset[str]) -> Iterator[Finding]:
    for path in sorted(asked({place.field: place.source})):
        where = _shown(place.source, path)
        fill = fills.get(path)
        if where is None or fill is None or not fill.base or not fill.empty:
            continue
        code, message = _sentence(path, fill, known)
        found = place.at(*where, "warning", code, message)
        yield msgspec.structs.replace(found, path=".".join(path), empty=fill.empty, base=fill.base)


def _sentence(path: Path, fill: Fill, known: frozenset[str]) -> tuple[str, str]:
    name = ".".join(path[1:])
    if path[1] not in known and fill.empty == fill.base:
        near = get_close_matches(path[1], sorted(known), n=1, cutoff=0.75)
        remedy = f"did you mean {near[0]}?" if near else "nobody has it."
        return "unknown_attribute", f"There is no attribute “{path[1]}”: {remedy}"
    return "sparse", (
        f"{name} is empty for {percent(fill)} of {fill.base:,} customers: add a default."
    )


def percent(fill: Fill) -> str:
    """The share as a person reads it; something is never told as nothing, nor as all."""
    share = 100 * fill.empty / fill.base
    if share < 1:
        return "less than 1 %"
    return "more than 99 %" if 99 < share < 100 else f"{share:.0f} %"


def _shown(source: str, path: Path) -> tuple[int, int] | None:
    """Where code first shows this path with no default."""
    steps = "".join(
        rf"(?:\s*\.\s*{re.escape(key)}\b|\s*\[\s*[\"']{re.escape(key)}[\"']\s*\])"
        for key in path[1:]
    )
    pattern = re.compile(rf"\b{path[0]}{steps}(?!\s*\|\s*(?:default|d)\b)")
    for start, code in codes(source):
        if (found := pattern.search(code)) is not None:
            return start + found.start(), start + found.end()
    return None
