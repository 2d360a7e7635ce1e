"""What the answer of an address says about a link or an image: fine, broken, or nobody can tell.

A site that refuses robots is not broken, and neither is one that is slow today.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from html import unescape
from typing import Any, Literal
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import msgspec

from channels.core.links import MAX_URL, destination, is_redirect, link_hash
from channels.core.render import Rendered
from channels.core.variants import variants

Kind = Literal["link", "image"]
Verdict = Literal["ok", "broken", "unknown"]

KINDS: tuple[Kind, ...] = ("link", "image")
VERDICTS: tuple[Verdict, ...] = ("ok", "broken", "unknown")
GONE = frozenset({404, 410})
MOVED = frozenset({301, 302, 303, 307, 308})
HOPS = 5
FAILURES: Mapping[str, tuple[Verdict, str]] = {
    "name_unresolved": ("broken", "There is no such host."),
    "refused": ("broken", "The host refuses the connection."),
    "tls_failed": ("broken", "The certificate or the encryption of the host is not valid."),
    "address_forbidden": ("broken", "It leads to an address that is not on the internet."),
    "unusable_url": ("broken", "It is no web address."),
    "unusable_request": ("broken", "It is no web address."),
    "circle": ("broken", f"It leads on and on: more than {HOPS} redirects."),
    "nowhere": ("broken", "It leads on to no web address."),
    "connect_timeout": ("unknown", "The host did not take the connection in time."),
    "no_answer": ("unknown", "The host did not answer in time."),
    "out_of_time": ("unknown", "There was no time left to ask."),
}
"""What it means that no answer came back, by our word for it. Any other word proves nothing."""
LOST = "The connection did not hold."

_HREF = re.compile(
    r"<a(?=[\s/])[^>]*?\shref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_SRC = re.compile(
    r"<(?:img|v:image|v:fill)(?=[\s/])[^>]*?\ssrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))",
    re.IGNORECASE,
)
# Without a fold of cases: a pattern that begins with letters is found ten times as fast.
_BACKGROUND = re.compile(r"background\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_STYLED = re.compile(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'()]+))\s*\)")
_BARE = re.compile(r"https?://[^\s<>\"'{}]+")
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_FIELDS = ("html", "text", "body", "url", "image")
_UNREADABLE = "\x01"
"""No address may hold it, so that one with template code in it is none."""
_TAIL = ".,;:!?]»”’"
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class Seen(msgspec.Struct, frozen=True):
    """What became of one address. `status` is HTTP's, None where no answer came back; `detail` is
    one sentence, "" where all is well.
    """

    verdict: Verdict
    status: int | None = None
    detail: str = ""


def judged(status: int) -> Seen:
    """What a final HTTP status says."""
    if status < 400:
        return Seen("ok", status)
    if status in GONE:
        return Seen("broken", status, f"The page is not there: HTTP {status}.")
    if status >= 500 and status < 600:
        return Seen("broken", status, f"The site fails: HTTP {status}.")
    return Seen("unknown", status, f"The site does not answer us: HTTP {status}.")


def unanswered(code: str) -> Seen:
    """What it means that no answer came back."""
    verdict, detail = FAILURES.get(code, ("unknown", LOST))
    return Seen(verdict, None, detail)


def following(url: str, location: str) -> str:
    """Where a redirect leads, "" where to no web address."""
    try:
        return destination(urljoin(url, location.strip())) if location.strip() else ""
    except ValueError:
        return ""


def in_ascii(url: str) -> str:
    """The address as it is requested: hosts by IDNA, all else percent-encoded. "" for none."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except (ValueError, UnicodeError):
        return ""
    place = f"[{host}]{port}" if ":" in host else f"{host}{port}"
    path, query = quote(parts.path, safe=_SAFE), quote(parts.query, safe=_SAFE)
    return urlunsplit((parts.scheme.lower(), place, path, query, "")) if host else ""


def found_in(rendered: Rendered) -> dict[str, Kind]:
    """Every web address that the message shows, and whether as a link or only as an image."""
    found: dict[str, Kind] = {}
    for pattern in (_SRC, _BACKGROUND, _STYLED) if rendered.html else ():
        _add(found, _values(pattern, rendered.html), "image")
    _add(found, [rendered.image], "image")
    _add(found, _values(_HREF, rendered.html) if rendered.html else (), "link")
    for text in (rendered.text, rendered.body, *_texts(rendered.data)):
        if "://" in text:
            _add(found, map(_bare, dict.fromkeys(_BARE.findall(text))), "link")
    _add(found, [rendered.url, *rendered.links.values(), *rendered.written], "link")
    return found


def literal(body: Mapping[str, Any]) -> dict[str, Kind]:
    """Every address of a prepared content that is the same for everybody, in all its languages."""
    found: dict[str, Kind] = {}
    for _language, each in variants(body):
        found |= _literal(each)
    return found


def _literal(body: Mapping[str, Any]) -> dict[str, Kind]:
    texts = {name: _CODE.sub(_UNREADABLE, str(body.get(name) or "")) for name in _FIELDS}
    data = [_CODE.sub(_UNREADABLE, each) for each in _texts(body.get("data"))]
    return found_in(msgspec.convert({**texts, "data": {"texts": data}}, Rendered))


def shows(rendered: Rendered, broken: Collection[str]) -> bool:
    """Whether the message shows one of these addresses, which are named by their hashes."""
    return bool(broken) and any(link_hash(url) in broken for url in found_in(rendered))


def _add(found: dict[str, Kind], urls: Iterable[str], kind: Kind) -> None:
    for each in urls:
        url = destination(each) if each else ""
        if url and is_redirect(url) and len(url) <= MAX_URL:
            found[url] = kind


def _bare(found: str) -> str:
    """An address in a text ends before the bracket that was open before it began, and before the
    sentence does.
    """
    if ")" not in found:
        return found.rstrip(_TAIL)
    depth = 0
    for place, letter in enumerate(found):
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return found[:place].rstrip(_TAIL)
    return found.rstrip(_TAIL)


def _values(pattern: re.Pattern[str], html: str) -> list[str]:
    found = dict.fromkeys(one or two or three for one, two, three in pattern.findall(html))
    return [unescape(each).strip() for each in found]


def _texts(value: Any) -> list[str]:
    """Every text in a message's data."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]
