"""A content and one customer's facts become the text of one message. Plain data in, plain data out.

HTML is given what every mail needs on the way: counted links, an open pixel, and in marketing a way
to unsubscribe. Links of the content itself stay as written in the stored content.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from channels.core import links, telegram, template
from channels.core.mjml import ContentProblem, compile_content, masked_tags
from channels.core.template import TemplateProblem, problems
from channels.core.template_rules import Kind
from channels.core.utm import Tags, tagged

__all__ = [
    "Addresses", "ContentProblem", "Prepared", "Rendered", "TemplateProblem", "compile_content",
    "prepare", "problems",
]  # fmt: skip

FIELDS: dict[str, dict[str, Kind]] = {
    "email": {"subject": "line", "html": "html", "text": "text"},
    "sms": {"text": "short"},
    "push": {"title": "line", "body": "short", "url": "line", "image": "line"},
    "telegram": {"title": "line", "text": "short", "image": "line"},
    "inbox": {"title": "line", "text": "short", "url": "line", "image": "line"},
    "webhook": {"title": "line", "body": "short", "text": "short", "url": "line", "image": "line"},
}
"""The templates of a content that each channel renders. Other channels render `text`."""
OTHER: dict[str, Kind] = {"text": "short"}
WITH_DATA = frozenset({"push", "inbox", "telegram", "webhook", "whatsapp"})
TWINS = {("push", "body"): "text", ("inbox", "text"): "body"}  # where the field says nothing

_ANCHOR = re.compile(r"<a(?=[\s/])(?:[^>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE)
_HREF = re.compile(r"((?:\s|xj)href\s*=\s*)(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_UNTRACKED = re.compile(r"\sdata-no-track(?=[\s=/>])", re.IGNORECASE)
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_UNSUBSCRIBE = re.compile(r"\blinks\s*(?:\.\s*|\[\s*[\"'])unsubscribe\b")
_LINKS = re.compile(r"\blinks\b")
_OWN_LINK = re.compile(r"\A\s*(?:#|mailto:|tel:|sms:)", re.IGNORECASE)

PIXEL = '<img src="{{ links.open }}" width="1" height="1" alt="" style="display:none">'
HTML_FOOTER = (
    '<p style="margin:24px 0 0;font-size:12px;text-align:center;color:#767676">'
    '<a href="{{ links.unsubscribe }}" style="color:#767676">{{ links.unsubscribe_text }}</a></p>'
)
TEXT_FOOTER = "\n\n-- \n{{ links.unsubscribe_text }}: {{ links.unsubscribe }}\n"


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message's text. `links` are the destinations it counts, by their hash, and `written` those
    of them that got UTM parameters, as they stood in the content.
    """

    subject: str = ""
    html: str = ""
    text: str = ""
    title: str = ""
    body: str = ""
    url: str = ""
    image: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    links: dict[str, str] = msgspec.field(default_factory=dict)
    written: tuple[str, ...] = ()


class Addresses:
    """The public addresses of one message, and the destinations that it was seen to count.

    `tags` are the UTM parameters of its links.
    """

    def __init__(self, signer: links.Signer, uid: bytes, *, tags: Tags = (), **given: str) -> None:
        self._signer = signer
        self._uid = uid
        self._given = given
        self._tags = tags
        self.written: dict[str, None] = {}
        self.unsubscribe = signer.url("unsubscribe", uid)
        self.counted: dict[str, str] = {}

    def variables(self, names: Iterable[links.Purpose]) -> dict[str, str]:
        """What templates see as `links`: those of `names`, how to unsubscribe, what was given."""
        found: dict[str, str] = {name: self._signer.url(name, self._uid) for name in names}
        return {**found, "unsubscribe": self.unsubscribe, **self._given}

    def track(self, href: str) -> str:
        """The address that counts a click on `href`; '#' where it must not be followed."""
        url = links.destination(href)
        if not url:
            return "#"
        if not links.is_redirect(url) or self._signer.is_own(url):
            return url
        if self._tags:
            self.written[url] = None
            url = tagged(url, self._tags)
        self.counted[links.link_hash(url)] = url
        return self._signer.click(self._uid, url)


class Prepared:
    """A content's templates for one channel, ready for any number of customers."""

    def __init__(self, content: Mapping[str, Any], *, channel: str, marketing: bool) -> None:
        self._channel = channel
        self._tracked = content.get("track", True) is not False
        self._unsubscribable = marketing and channel == "email"
        self._parts = dict(_parts(content, channel, self._unsubscribable, self._tracked))
        self._purposes = _purposes(content, pixel=self._tracked and channel == "email")
        self._data = content.get("data") if channel in WITH_DATA else None
        self._headers = dict(content.get("headers") or {}) if channel == "email" else {}

    def render(self, variables: Mapping[str, Any], addresses: Addresses) -> Rendered:
        """The message for one customer. Raises TemplateProblem with field and line, and Aborted
        where a template asks that it is not sent.
        """
        scope = template.scope(
            {**variables, "links": addresses.variables(self._purposes)},
            track=addresses.track if self._tracked else None,
        )
        texts = {name: _render(part, scope, name) for name, part in self._parts.items()}
        return Rendered(
            **{**texts, **self._addressed(texts, addresses)},
            data=self._rendered_data(scope, addresses),
            headers=self._all_headers(scope, addresses),
            links=addresses.counted,
            written=tuple(addresses.written),
        )

    def _addressed(self, texts: Mapping[str, str], addresses: Addresses) -> dict[str, str]:
        """Where `url` and `image` lead: counted if wanted, and to nothing but a web address."""
        if "image" not in texts:
            return {}
        image = links.destination(texts["image"])
        found = {"image": image if links.is_redirect(image) else ""}
        if "url" in texts:
            url = links.destination(texts["url"])
            found["url"] = addresses.track(url) if url and self._tracked else url
        return found

    def _rendered_data(self, scope: dict[str, Any], addresses: Addresses) -> dict[str, Any]:
        """Every text in it rendered; what buttons lead to is counted."""
        if not isinstance(self._data, dict):
            return {}
        data: dict[str, Any] = _data(self._data, scope)
        if self._channel == "telegram" and self._tracked:
            return telegram.tracked(data, addresses.track)
        return data

    def _all_headers(self, scope: dict[str, Any], addresses: Addresses) -> dict[str, str]:
        own = {
            name: _render(template.compiled(str(source), "line"), scope, f"headers.{name}")
            for name, source in self._headers.items()
        }
        if not self._unsubscribable:
            return own
        one_click = {
            "List-Unsubscribe": f"<{addresses.unsubscribe}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        return {**own, **one_click}


def prepare(content: Mapping[str, Any], *, channel: str, purpose: str) -> Prepared:
    """Compile what the channel needs. Raises TemplateProblem where a template breaks a rule."""
    return Prepared(content, channel=channel, marketing=purpose == "marketing")


def _purposes(content: Mapping[str, Any], *, pixel: bool) -> tuple[links.Purpose, ...]:
    """The signed addresses that the content shows, for signing costs more than rendering."""
    shown = _LINKS.search(repr(content)) is not None
    wanted: dict[links.Purpose, bool] = {"preferences": shown, "view": shown, "open": pixel}
    return tuple(name for name, is_wanted in wanted.items() if is_wanted)


def _parts(
    content: Mapping[str, Any], channel: str, unsubscribable: bool, tracked: bool
) -> Iterator[tuple[str, template.Compiled]]:
    for field, kind in FIELDS.get(channel, OTHER).items():
        source = source_of(content, channel, field)
        rewrite = (
            _REWRITES.get((field, unsubscribable, tracked))
            if channel == "email" and source
            else None
        )
        try:
            compiled = (
                template.rewritten(source, kind, rewrite)
                if rewrite
                else template.compiled(source, kind)
            )
        except (TemplateProblem, ContentProblem) as error:
            raise TemplateProblem(f"{field}, {error}") from error
        yield field, compiled


def source_of(content: Mapping[str, Any], channel: str, field: str) -> str:
    """The template of a field; where a channel's own says nothing, that of its twin."""
    given = content.get(field) or content.get(TWINS.get((channel, field), ""))
    return str(given or "")


def _render(part: template.Compiled, scope: dict[str, Any], name: str) -> str:
    try:
        return part.render(scope)
    except TemplateProblem as error:
        raise TemplateProblem(f"{name}, {error}") from error


def _data(value: Any, scope: dict[str, Any]) -> Any:
    """Every text in a message's data, rendered."""
    if isinstance(value, dict):
        return {key: _data(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [_data(item, scope) for item in value]
    if isinstance(value, str):
        return _render(template.compiled(value, "short"), scope, "data")
    return value


def _tracked_html(html: str) -> str:
    """Every link of the source goes through the tracker, except those that ask not to."""
    return _at_end(masked_tags(html, _ANCHOR, _tracked_anchor), PIXEL)


def _marketing_html(html: str) -> str:
    return _with_footer(_tracked_html(html))


def _with_footer(html: str) -> str:
    return html if _UNSUBSCRIBE.search(html) else _at_end(html, HTML_FOOTER)


def _marketing_text(text: str) -> str:
    return text if _UNSUBSCRIBE.search(text) else text.rstrip() + TEXT_FOOTER


_REWRITES: dict[tuple[str, bool, bool], Callable[[str], str]] = {
    ("html", True, True): _marketing_html,
    ("html", True, False): _with_footer,
    ("html", False, True): _tracked_html,
    ("text", True, True): _marketing_text,
    ("text", True, False): _marketing_text,
}
"""What is done to the templates of a mail, by (field, unsubscribable, tracked)."""


def _tracked_anchor(tag: str) -> str:
    if _UNTRACKED.search(tag):
        return tag
    return _HREF.sub(_tracked_href, tag, count=1)


def _tracked_href(found: re.Match[str]) -> str:
    value = next((group for group in found.groups()[1:] if group is not None), "")
    if not value or _OWN_LINK.match(value):
        return found[0]
    return f'{found[1]}"{{% filter counted %}}{value}{{% endfilter %}}"'


def _at_end(html: str, addition: str) -> str:
    """The HTML with an addition as the last thing that is displayed."""
    ends = list(_BODY_END.finditer(html))
    place = ends[-1].start() if ends else len(html)
    return html[:place] + addition + html[place:]
