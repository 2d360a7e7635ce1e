"""Replays the purchases day by day:
posts them to the event API, and lets the test clock run to the next day.

Everything goes through the doors a shop would use; nothing is written to a table directly.
"""

import base64
import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from django.test import Client

from config import settle
from config.demo.people import contact
from profiles.operations import clock, lifecycle_model, segment_sizes

DATA = Path(__file__).with_name("cdnow_sample.csv")
START = dt.datetime(1997, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(1998, 7, 1, tzinfo=dt.UTC)
SHOP_OPENS = dt.timedelta(hours=12)
CHUNK = 200
CUSTOMERS = 2357


class Purchase(NamedTuple):
    """One row of the data: dollars as text, so that nothing is rounded on the way."""

    number: int
    customer: int
    day: dt.date
    cds: int
    dollars: str


def purchases(customers: int = CUSTOMERS) -> list[Purchase]:
    """All purchases of the first `customers`, by day, then in the file's order."""
    with DATA.open(encoding="ascii", newline="") as file:
        rows = [
            Purchase(
                n,
                int(row["customer"]),
                dt.date.fromisoformat(row["date"]),
                int(row["cds"]),
                row["dollars"],
            )
            for n, row in enumerate(csv.DictReader(file), start=1)
            if int(row["customer"]) <= customers
        ]
    return sorted(rows, key=lambda row: (row.day, row.number))


def replay(rows: list[Purchase], *, write_key: str, tell: Callable[[dt.date, int], None]) -> int:
    """Live through every day: at noon its purchases are posted and what is due is worked off.

    `rows` are purchases by day. `tell(day, purchases so far)` reports.
    Returns the number of events posted.
    """
    shop = Shop(write_key)
    clock.start_at(START)
    sales = {day: list(sold) for day, sold in groupby(rows, key=lambda row: row.day)}
    done, noon = 0, START + SHOP_OPENS
    while noon < END:
        clock.set_to(noon)
        lifecycle_model.refresh_model(now=noon)
        segment_sizes.keep(now=noon)
        settle.settle(now=noon)
        if sold := sales.get(noon.date()):
            done += shop.sell(sold, at=noon)
            settle.settle(now=noon)
        tell(noon.date(), done)
        noon += dt.timedelta(days=1)
    return shop.events


class Shop:
    """A shop that knows the event API only."""

    def __init__(self, write_key: str) -> None:
        token = base64.b64encode(f"{write_key}:".encode()).decode()
        self.client = Client(headers={"Authorization": f"Basic {token}", "Host": "localhost"})
        self.known: set[int] = set()
        self.events = 0

    def sell(self, rows: list[Purchase], *, at: dt.datetime) -> int:
        """Identify new customers and track every order. Returns the number of orders."""
        messages = [message for row in rows for message in self._messages(row, at)]
        for start in range(0, len(messages), CHUNK):
            self._post(messages[start : start + CHUNK])
        return len(rows)

    def _messages(self, row: Purchase, at: dt.datetime) -> Iterator[dict[str, Any]]:
        common = {"userId": f"cdnow-{row.customer:04d}", "timestamp": at.isoformat()}
        if row.customer not in self.known:
            self.known.add(row.customer)
            yield {
                "type": "identify",
                "messageId": f"who-{row.customer}",
                "traits": contact(row.customer),
                **common,
            }
        order = {
            "order_id": f"order-{row.number}",
            "revenue": float(row.dollars),
            "currency": "USD",
            "cds": row.cds,
        }
        yield {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"order-{row.number}",
            "properties": order,
            **common,
        }

    def _post(self, messages: list[dict[str, Any]]) -> None:
        answer = self.client.post(
            "/v1/batch", json.dumps({"batch": messages}), content_type="application/json"
        )
        body = answer.json()
        if answer.status_code != 200 or body.get("rejected"):
            raise RuntimeError(
                f"The event API refused the demo's purchases: {answer.status_code} {body}"
            )
        self.events += len(messages)
