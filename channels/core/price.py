"""What a segment of an SMS costs, by the country of its number and an account's price list."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from channels.core import sms
from channels.core.address import country_of

OTHERS = "*"
_ENTRY = re.compile(r"([A-Z]{2}|\*)\s+([0-9]{1,4}(?:\.[0-9]{1,6})?)")
_CURRENCY = re.compile(r"([A-Z]{3})\s+(.+)", re.DOTALL)


class PriceProblem(ValueError):
    """A price list that cannot be read; its text is the place that is wrong."""


class Bill(NamedTuple):
    """The segments of a message, and what they cost; `cost` is None where no price is known."""

    segments: int
    cost: Decimal | None
    currency: str


class Prices(msgspec.Struct, frozen=True):
    """Of one segment, in `currency` (ISO 4217), by country (ISO 3166; `*` for all others)."""

    currency: str = ""
    countries: Mapping[str, Decimal] = {}

    def of(self, phone: str) -> Decimal | None:
        """What one segment to this number (E.164) costs."""
        return self.countries.get(country_of(phone), self.countries.get(OTHERS))


UNKNOWN = Prices()


def parse(text: str) -> Prices:
    """Read `EUR DE 0.0651, FR 0.0595, * 0.09`; nothing is no price list. Raises PriceProblem."""
    if not text.strip():
        return UNKNOWN
    begun = _CURRENCY.fullmatch(text.strip())
    if begun is None:
        raise PriceProblem(text.strip()[:40])
    found: dict[str, Decimal] = {}
    for entry in (part.strip() for part in re.split(r"[,;\n]", begun[2])):
        read = _ENTRY.fullmatch(entry)
        if read is None or read[1] in found:
            raise PriceProblem(entry[:40] or text.strip()[:40])
        found[read[1]] = Decimal(read[2])
    return Prices(begun[1], found)


def written(cost: Decimal | float, currency: str) -> str:
    """An amount as people read it, with as many places as it takes: `0.0166 EUR`."""
    amount = Decimal(str(cost)).normalize()
    places = max(2, -int(amount.as_tuple().exponent))
    return f"{amount:,.{places}f} {currency}"


def told(segments: int | None, cost: Decimal | None, currency: str) -> dict[str, Any]:
    """A bill as an event carries it; nothing where nothing is billed by segments."""
    if segments is None:
        return {}
    known = {} if cost is None else {"cost": float(cost), "currency": currency}
    return {"segments": segments, **known}


class Bills:
    """What many SMS cost together, and how many of them have no price."""

    __slots__ = ("_prices", "amount", "priced", "unpriced")

    def __init__(self, prices: Prices) -> None:
        self._prices = prices
        self.amount, self.priced, self.unpriced = Decimal(0), 0, 0

    def add(self, phone: str, segments: int) -> None:
        price = self._prices.of(phone)
        if price is None:
            self.unpriced += 1
        else:
            self.priced += 1
            self.amount += price * segments

    def told(self) -> dict[str, Any] | None:
        """As the API answers it; None where no price is known at all."""
        if not self.priced:
            return None
        return {
            "amount": float(self.amount), "currency": self._prices.currency,
            "messages": self.priced, "unpriced": self.unpriced,
        }  # fmt: skip


def bill(prices: Prices, *, channel: str, address: str, text: str) -> Bill | None:
    """Of one SMS; None on channels that are not billed by segments."""
    if channel != "sms":
        return None
    segments = sms.segments(text).count
    price = prices.of(address)
    return Bill(segments, None if price is None else price * segments, prices.currency)
