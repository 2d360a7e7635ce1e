"""UTM parameters: what counted links tell the site that they lead to, of where a visit came from.

Values are the same for everybody who gets a content from a step on a channel, so that a link stays
one link. What a link already says is never overwritten.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

from channels.core.links import MAX_URL
from profiles.core.problems import did_you_mean

PREFIX = "utm_"
NAMES = (
    "source", "medium", "campaign", "term", "content", "id", "source_platform", "creative_format",
    "marketing_tactic",
)  # fmt: skip
"""The parameters that analytics know, without their prefix."""
PLACES = ("channel", "journey", "step", "arm")
"""What stands in braces in a value; an empty one leaves nothing behind."""
LONGEST = 200
EXAMPLE = "{campaign: spring}"

_NONE = {"const": False}
_VALUE = {"anyOf": [{"type": "string", "maxLength": LONGEST}, _NONE]}
_OWN = {
    "type": "object",
    "additionalProperties": False,
    "properties": dict.fromkeys(NAMES, _VALUE),
}
SCHEMA: Mapping[str, Any] = {"anyOf": [_NONE, _OWN]}
"""What a content may say of its own, as JSON Schema."""

Tags = tuple[tuple[str, str], ...]
"""Parameters by name, `utm_` in front, in the order in which they are added."""
Own = Mapping[str, str | Literal[False]]

_PLACE = re.compile(r"\{([^{}]*)\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def parse(text: str) -> Tags:
    """The setting, such as `utm_source=shop&utm_medium={channel}`. Raises ValueError, which says
    what to write.
    """
    if not text.strip():
        return ()
    try:
        pairs = parse_qsl(text.strip(), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ValueError(
            f"{text!r} is no parameters: write such as utm_source=shop&utm_medium={{channel}}."
        ) from None
    for name, value in pairs:
        if not name.startswith(PREFIX):
            raise ValueError(f"{name} is no UTM parameter: write such as utm_source=shop.")
        for _name, sentence in wrong({name.removeprefix(PREFIX): value}):
            raise ValueError(sentence)
    return tuple(dict(pairs).items())


def wrong(own: Any) -> Iterator[tuple[str, str]]:
    """(key, sentence) of what is wrong with what a content says of itself; key "" is all of it."""
    if own is False:
        return
    if not isinstance(own, Mapping):
        yield "", f"Write false, or a mapping such as {EXAMPLE}."
        return
    for name, value in own.items():
        sentence = _wrong(str(name), value)
        if sentence:
            yield str(name), sentence


def _wrong(name: str, value: Any) -> str:
    if name not in NAMES:
        bare = name.removeprefix(PREFIX)
        remedy = f"Write {bare}." if bare in NAMES else did_you_mean(bare, NAMES)
        return f"There is no UTM parameter “{name}”. {remedy}"
    if value is False:
        return ""
    if not isinstance(value, str):
        return f"Write a text, or false for none: {name}: spring."
    if len(value) > LONGEST or _CONTROL.search(value):
        return f"A UTM parameter is one line of at most {LONGEST} characters."
    strange = next((each for each in _PLACE.findall(value) if each not in PLACES), None)
    if strange is None and not set("{}") & set(_PLACE.sub("", value)):
        return ""
    return f"In braces stands one of {', '.join(PLACES)}, such as {{journey}}."


def tags(defaults: Tags, own: Own | Literal[False] | None, places: Mapping[str, str]) -> Tags:
    """What the links of a message get: the setting's, as its content changes them."""
    if own is False or not (defaults or own):
        return ()
    wanted: dict[str, str | Literal[False]] = dict(defaults)
    wanted |= {f"{PREFIX}{name}": value for name, value in (own or {}).items()}
    filled = {
        name: _PLACE.sub(lambda found: places.get(found[1], ""), value).strip()
        for name, value in wanted.items()
        if value is not False
    }
    return tuple((name, value) for name, value in filled.items() if value)


@lru_cache(maxsize=4096)
def tagged(url: str, wanted: Tags) -> str:
    """The web address with the parameters that it lacks; as it was where it would be too long."""
    rest, fragment_sign, fragment = url.partition("#")
    place, _sign, query = rest.partition("?")
    known = {unquote_plus(each.partition("=")[0]).lower() for each in query.split("&")}
    missing = [pair for pair in wanted if pair[0] not in known]
    if not missing:
        return url
    added = urlencode(missing, quote_via=quote, safe="", errors="replace")
    joint = "&" if query and not query.endswith("&") else ""
    made = f"{place}?{query}{joint}{added}{fragment_sign}{fragment}"
    return made if len(made) <= MAX_URL else url
