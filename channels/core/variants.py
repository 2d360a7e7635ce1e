"""A content in several languages: whole at the top, and under `locales` what differs in each.

`fr-CA` takes the variant `fr-CA`, else `fr`, else the content itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

LOCALES = "locales"
TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
MOST = 50
_SAID_BY_HTML = ("html", "mjml", "text")


def chosen(locales: Iterable[str], locale: str) -> str:
    """Which of `locales` speaks to whoever has `locale`; "" is the content itself."""
    known = {_folded(each): each for each in locales}
    wanted = _folded(locale)
    while wanted:
        if wanted in known:
            return known[wanted]
        wanted = wanted.rpartition("-")[0]
    return ""


def variant(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The content as its variant has it; "" is the content without its variants.

    A variant with a page of its own has nothing of the other page, not even its plain text.
    """
    whole = {key: value for key, value in content.items() if key != LOCALES}
    own = (content.get(LOCALES) or {}).get(name) if name else None
    if not own:
        return whole
    if "html" in own or "mjml" in own:
        whole = {key: value for key, value in whole.items() if key not in _SAID_BY_HTML}
    return {**whole, **own}


def variants(content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, content) of the content itself, under "", and of each of its variants."""
    for name in ("", *(content.get(LOCALES) or {})):
        yield name, variant(content, name)


def faults(content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, sentence) of what is wrong with the variants themselves."""
    locales = content.get(LOCALES)
    if locales is None:
        return
    if not isinstance(locales, Mapping):
        yield LOCALES, "Variants are a mapping of languages: {fr: {subject: Bonjour}}."
        return
    if len(locales) > MOST:
        yield LOCALES, f"A content has at most {MOST} variants."
    seen: dict[str, str] = {}
    for name, own in locales.items():
        twin = seen.setdefault(_folded(str(name)), str(name))
        for sentence in _faults(str(name), twin, own):
            yield f"{LOCALES}.{name}", sentence


def _faults(name: str, twin: str, own: Any) -> Iterator[str]:
    if not TAG.fullmatch(name):
        yield f"“{name}” is no language: write it as fr or fr-CA."
    elif twin != name:
        yield f"{twin} and {name} are the same language."
    if not isinstance(own, Mapping) or not own:
        yield "Say what differs in this language, such as its subject."
    elif LOCALES in own or "template" in own:
        yield "A variant holds texts only, no template and no further variants."


def _folded(locale: str) -> str:
    return locale.replace("_", "-").lower()
