"""Text to plain data and back: JSON, or YAML with the booleans of YAML 1.2 (`on:` is a key).

Only what JSON can carry comes in: no tags, no aliases, no dates, no NaN, no duplicate keys.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import msgspec
import yaml

from journeys.core.problem import DocumentError, problem
from profiles.core.problems import joined

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 40

Place = tuple[str | int, ...]

_NULL = frozenset(["", "~", "null", "Null", "NULL"])
_BOOLEANS = {
    word: value
    for value, words in ((True, "true True TRUE"), (False, "false False FALSE"))
    for word in words.split()
}
_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,15}")
_OCTAL = re.compile(r"0o[0-7]{1,20}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_ODD_BREAK = re.compile("[\r\x85\u2028\u2029\ufeff]")
_TEXT_TAG = "tag:yaml.org,2002:str"


class Source(msgspec.Struct, frozen=True):
    """Plain data and, when it was YAML, the line of every value by its place in the data."""

    value: Any
    lines: Mapping[Place, int]


def read(source: str | Mapping[str, Any]) -> Source:
    """Read YAML or JSON text, or copy a mapping. Raises DocumentError."""
    if not isinstance(source, str):
        return Source(_plain(source, "", 0), {})
    if len(source) > MAX_CHARACTERS:
        _fail("", "too_large", f"A document has at most {MAX_CHARACTERS:,} characters; split it.")
    value, lines = _parse(source)
    return Source(_plain(value, "", 0), lines)


def _fail(path: str, code: str, message: str, *, line: int | None = None) -> NoReturn:
    raise DocumentError([problem(path, code, message, line=line)])


def _parse(text: str) -> tuple[Any, dict[Place, int]]:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text, object_pairs_hook=_pairs, parse_constant=_constant), {}
        except json.JSONDecodeError:
            pass  # a flow mapping of YAML looks alike
        except DocumentError:
            raise
        except (RecursionError, ValueError) as error:
            _fail("", "not_plain", f"The JSON holds a value that cannot be kept: {error}.")
    builder = _Builder(text)
    try:
        return builder.document(), builder.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        _fail("", "syntax", f"Line {line}: {error.problem or 'this is not YAML'}.", line=line)
    except yaml.YAMLError as error:
        _fail("", "syntax", f"This is not text that YAML allows: {str(error).splitlines()[0]}.")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        [(key, _)] = Counter(key for key, _ in pairs).most_common(1)
        _fail(key, "duplicate_key", f"“{key}” is given twice; keep one of them.")
    return mapping


def _constant(word: str) -> NoReturn:
    _fail("", "not_plain", f"{word} is not a JSON number; write a finite one.")


class _Builder:
    """Builds values from parser events, because only events tell a quoted word from a plain one."""

    def __init__(self, text: str) -> None:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=loader))
        self.lines: dict[Place, int] = {}

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    _fail("", "syntax", "One file holds one journey.", line=_line(event))
                value = self.build(next(self.events), ())
        return value

    def build(self, event: Any, place: Place) -> Any:
        line = _line(event)
        if len(place) > MAX_DEPTH:
            _fail("", "too_large", f"Nested deeper than {MAX_DEPTH} levels.", line=line)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            _fail("", "syntax", f"Line {line}: write the value out; no `&` and `*`.", line=line)
        self.lines[place] = line
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, line)
        if event.tag:
            _fail("", "syntax", f"Line {line}: the tag {event.tag} is not allowed.", line=line)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(place)
        return self.mapping(place)

    def sequence(self, place: Place) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.build(event, (*place, len(items))))
        return items

    def mapping(self, place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            line = _line(event)
            if not isinstance(event, yaml.ScalarEvent):
                _fail("", "syntax", f"Line {line}: a key is a plain word.", line=line)
            key = str(event.value)
            if key in mapping:
                path = as_path((*place, key))
                message = f"Line {line}: “{key}” is given twice; keep one of them."
                _fail(path, "duplicate_key", message, line=line)
            mapping[key] = self.build(next(self.events), (*place, key))
            self.lines[*place, key] = line
        return mapping


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any, line: int) -> Any:
    text = str(event.value)
    if event.tag not in (None, _TEXT_TAG):
        _fail("", "syntax", f"Line {line}: the tag {event.tag} is not allowed.", line=line)
    plain, _ = event.implicit
    return _core(text) if plain else text


def _core(text: str) -> Any:
    """The core schema of YAML 1.2.2 (section 10.3.2), without infinities and NaN."""
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text) or _OCTAL.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def as_path(place: Sequence[str | int]) -> str:
    """`("steps", 3, "wait")` → `steps[3].wait`."""
    path = ""
    for key in place:
        path = joined(path, key)
    return path


def _plain(value: Any, path: str, depth: int) -> Any:
    """A copy that is JSON and nothing else, as PostgreSQL's jsonb can keep it."""
    if depth > MAX_DEPTH:
        _fail(path, "too_large", f"Nested deeper than {MAX_DEPTH} levels; make it flatter.")
    if isinstance(value, Mapping):
        return {
            _text(key, path): _plain(inner, joined(path, key), depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(inner, joined(path, at), depth + 1) for at, inner in enumerate(value)]
    return _scalar_value(value, path)


def _scalar_value(value: Any, path: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            _fail(path, "not_plain", "The number is too large; keep it within 64 bits.")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            _fail(path, "not_plain", "The number is not finite; write a finite one.")
        return value
    _fail(path, "not_plain", f"{type(value).__name__} is not JSON; use text, numbers and lists.")


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        _fail(path, "not_plain", f"The key {value!r} is not text; quote it.")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        _fail(path, "not_plain", "The text holds a NUL or half a character; remove it.")
    return value


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes long text as a block, quotes what a reader could take for a number."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        if value == "on":  # the key of `enter` and `leave`, and no boolean here
            return _TEXT_TAG
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD_BREAK.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar(_TEXT_TAG, text, style=style)


_Dumper.add_representer(str, _represent_text)
for _tag, _pattern in (("float", _FLOAT), ("int", _HEXADECIMAL), ("int", _OCTAL)):
    _Dumper.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern.pattern})\Z"), list("-+.0123456789")
    )


def write(value: Mapping[str, Any]) -> str:
    """The mapping as YAML; `read` gives the same mapping back."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
