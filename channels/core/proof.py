"""One content read through for many customers: what goes wrong, what stays empty, how long it gets.

Counting alone: whatever order customers come in, the same is told of them.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from channels.core import linkcheck, links, sms, template_paths
from channels.core.links import PATHS, WITH_DIGEST, Purpose
from channels.core.price import UNKNOWN, Bills, Prices
from channels.core.render import (
    FIELDS,
    OTHER,
    TWINS,
    WITH_DATA,
    Addresses,
    ContentProblem,
    Prepared,
    Rendered,
    TemplateProblem,
    compile_content,
    prepare,
)
from channels.core.template_abort import Aborted
from channels.core.template_paths import Path, Paths

EXAMPLES = 3
MOST_LINKS = 1_000
"""So many different addresses are told of each sheet; personal ones could be as many as people."""
LENGTHS: Mapping[tuple[str, str], int] = {
    ("email", "subject"): 78,
    ("email", "html"): 102_000,
    ("push", "title"): 65,
    ("push", "body"): 240,
}
"""Characters beyond which mail programs and phones cut: RFC 5322's line, Gmail's clipping, and what
a lock screen shows.
"""
_TOKEN = f"{'0' * 22}.{'0' * 22}"
_LONG_TOKEN = f"{'0' * 43}.{'0' * 22}"
UNSUBSCRIBE = "Unsubscribe"


class Some:
    """How many, and the first few of them by number."""

    __slots__ = ("first", "number")

    def __init__(self) -> None:
        self.number = 0
        self.first: list[int] = []

    def add(self, customer: int) -> None:
        self.number += 1
        if len(self.first) < EXAMPLES or customer < self.first[-1]:
            insort(self.first, customer)
            del self.first[EXAMPLES:]


class Placeholders(Addresses):
    """Addresses as long as those that messages get, signed for nobody; links are left alone."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._own = tuple(f"{base}{path}" for path in PATHS.values())
        self.unsubscribe = f"{base}{PATHS['unsubscribe']}{_TOKEN}"
        self.counted: dict[str, str] = {}
        self.written: dict[str, None] = {}
        self.leads_nowhere = False

    def variables(self, names: Iterable[Purpose]) -> dict[str, str]:
        """What templates see as `links`."""
        found: dict[str, str] = {name: self._address(name) for name in names}
        confirm = self._address("confirm")
        words = {"unsubscribe_text": UNSUBSCRIBE, "confirm": confirm}
        return {**found, **words, "unsubscribe": self.unsubscribe}

    def _address(self, name: Purpose) -> str:
        return f"{self._base}{PATHS[name]}{_LONG_TOKEN if name in WITH_DIGEST else _TOKEN}"

    def track(self, href: str) -> str:
        """The address itself; "#" where it must not be followed, which is remembered."""
        url = links.destination(href)
        if not url:
            self.leads_nowhere = True
            return "#"
        if links.is_redirect(url) and not url.startswith(self._own):
            self.counted[url] = url
        return url


class Lengths:
    """The lengths of one field, and who gets the longest."""

    __slots__ = ("counts", "longest")

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        self.longest: list[tuple[int, int]] = []

    def add(self, customer: int, length: int) -> None:
        self.counts[length] += 1
        if len(self.longest) < EXAMPLES or (-length, customer) < self.longest[-1]:
            insort(self.longest, (-length, customer))
            del self.longest[EXAMPLES:]

    def told(self, field: str, limit: int | None) -> dict[str, Any]:
        """The lower median; `over` counts those beyond the limit, None where there is none."""
        over = sum(n for length, n in self.counts.items() if limit and length > limit)
        return {
            "field": field,
            "min": min(self.counts),
            "median": self._median(),
            "max": max(self.counts),
            "limit": limit,
            "over": over,
            "longest": [{"customer": who, "length": -length} for length, who in self.longest],
        }

    def _median(self) -> int:
        left = (self.counts.total() + 1) // 2
        for length in sorted(self.counts):
            left -= self.counts[length]
            if left <= 0:
                return length
        raise ValueError("nothing was counted")


class Sheet:
    """One content on one channel. `fault` says why it cannot be read for anybody."""

    def __init__(
        self,
        content: Mapping[str, Any],
        *,
        channel: str,
        purpose: str,
        base: str,
        segments: int,
        prices: Prices = UNKNOWN,
    ) -> None:
        self.channel, self._base, self._limit = channel, base, segments
        self._own = tuple(f"{base}{path}" for path in PATHS.values())
        self.customers = self.read = 0
        self.errors: dict[str, Some] = {}
        self.aborted: dict[str, Some] = {}
        self.empty: dict[Path, Some] = {}
        self.nowhere = Some()
        self.over = Some()
        self.lengths: dict[str, Lengths] = {}
        self.segments: Counter[int] = Counter()
        self.bills = Bills(prices)
        self.links: Counter[str] = Counter()
        self.kinds: dict[str, linkcheck.Kind] = {}
        self.fault, self.paths = "", Paths()
        self.literal: dict[str, linkcheck.Kind] = {}
        self._prepared: Prepared | None = None
        self._compile(content, purpose)
        self._needed = sorted(path for path in self.paths.needed if path[0] != "context")

    def _compile(self, content: Mapping[str, Any], purpose: str) -> None:
        try:
            body = compile_content(dict(content))
            self._prepared = prepare(body, channel=self.channel, purpose=purpose)
            self.paths = _paths(body, self.channel)
            self.literal = linkcheck.literal(said(body, self.channel))
        except (TemplateProblem, ContentProblem) as error:
            self.fault = str(error)

    @property
    def asks_calls(self) -> bool:
        """Whether it reads what calls save, which nobody knows before they are made."""
        return any(path[0] == "context" for path in self.paths.read)

    @property
    def asks_entry(self) -> bool:
        return any(path[0] == "entry" for path in self.paths.read)

    def add(self, customer: int, variables: Mapping[str, Any], *, phone: str = "") -> None:
        """Read it for this customer. `variables` are what templates see besides `links`; an SMS to
        `phone` has its price.
        """
        self.customers += 1
        for path in self._needed:
            if template_paths.is_empty(path, variables):
                self.empty.setdefault(path, Some()).add(customer)
        addresses = Placeholders(self._base)
        try:
            rendered = self._rendered(variables, addresses)
        except TemplateProblem as error:
            self.errors.setdefault(str(error), Some()).add(customer)
            return
        except Aborted as error:
            self.aborted.setdefault(str(error), Some()).add(customer)
            return
        self.read += 1
        self._measure(customer, rendered, phone)
        self._collect(linkcheck.found_in(rendered))
        if addresses.leads_nowhere:
            self.nowhere.add(customer)

    def _rendered(self, variables: Mapping[str, Any], addresses: Addresses) -> Rendered:
        if self._prepared is None:
            raise TemplateProblem(self.fault)
        return self._prepared.render(variables, addresses)

    def _measure(self, customer: int, rendered: Rendered, phone: str) -> None:
        for field in FIELDS.get(self.channel, OTHER):
            text = getattr(rendered, field)
            if text:
                self.lengths.setdefault(field, Lengths()).add(customer, len(text))
        if self.channel == "sms":
            count = sms.segments(rendered.text).count
            self.segments[count] += 1
            self.bills.add(phone, count)
            if count > self._limit:
                self.over.add(customer)

    def _collect(self, found: Mapping[str, linkcheck.Kind]) -> None:
        for url, kind in found.items():
            if url.startswith(self._own):
                continue
            if url in self.kinds or len(self.kinds) < MOST_LINKS:
                self.links[url] += 1
                self.kinds[url] = kind if self.kinds.get(url) != "link" else "link"

    def told(self) -> dict[str, Any]:
        """Everything, as the API answers it."""
        return {
            "channel": self.channel,
            "customers": self.customers,
            "rendered": self.read,
            "errors": list(_counted(self.errors, "message")),
            "aborted": list(_counted(self.aborted, "reason")),
            "empty": [
                {"path": ".".join(path), **_some(found),
                 "share": round(found.number / self.customers, 4)}
                for path, found in sorted(self.empty.items())
            ],
            "lengths": [
                each.told(field, LENGTHS.get((self.channel, field)))
                for field, each in self.lengths.items()
            ],
            "segments": self._segments(),
            "links": [
                {"url": url, "kind": self.kinds[url], "customers": number}
                for url, number in sorted(self.links.items(), key=lambda each: (-each[1], each[0]))
            ],
            "leads_nowhere": _some(self.nowhere),
            "not_known": sorted(".".join(p) for p in self.paths.needed if p[0] == "context"),
        }  # fmt: skip

    def _segments(self) -> dict[str, Any] | None:
        if self.channel != "sms":
            return None
        counts = {str(count): number for count, number in sorted(self.segments.items())}
        return {"limit": self._limit, "counts": counts, "over": _some(self.over),
                "cost": self.bills.told()}  # fmt: skip


def _counted(found: Mapping[str, Some], name: str) -> Iterator[dict[str, Any]]:
    """The most frequent first."""
    for words, some in sorted(found.items(), key=lambda each: (-each[1].number, each[0])):
        yield {name: words, **_some(some)}


def _some(found: Some) -> dict[str, Any]:
    return {"customers": found.number, "examples": found.first}


def said(body: Mapping[str, Any], channel: str) -> dict[str, Any]:
    """Of a content, what this channel shows."""
    own = FIELDS.get(channel, OTHER)
    fields = {*own, *(("data",) if channel in WITH_DATA else ())}
    fields |= {TWINS.get((channel, name), name) for name in own if not body.get(name)}
    return {name: value for name, value in body.items() if name in fields}


def _paths(body: Mapping[str, Any], channel: str) -> Paths:
    """Of everything that the channel renders."""
    texts = list(_texts(said(body, channel)))
    if channel == "email":
        texts += [str(each) for each in (body.get("headers") or {}).values()]
    found = Paths()
    for text in texts:
        found |= template_paths.paths(text)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _texts(each)
