"""A shop's customers straight in the tables: events as they come, placements as they stand."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from profiles.core.events import SYSTEM
from profiles.core.stage_changes import EVENT
from profiles.models import Customer, Event, LifecycleState
from profiles.operations.lifecycle import advance_due, follow, refresh
from profiles.operations.record import Row, record, write
from tests.core.lifecycle_history import T0, History


def customer(*, identified: bool = True, born: datetime = T0) -> int:
    made = Customer.objects.create(identified=identified, created_at=born, updated_at=born)
    return int(made.pk)


def log(
    customer_id: int, name: str, at: datetime, *, source: str = "shop", **properties: Any
) -> None:
    """One event in the log; nobody is placed."""
    body = msgspec.json.encode(properties)
    write([Row(customer_id, name, at, source, "", body, b"{}")], now=at)


def order(customer_id: int, at: datetime, revenue: Any = 20, number: str = "") -> None:
    order_id = number or f"order at {at.isoformat()}"
    log(customer_id, "Order Completed", at, order_id=order_id, revenue=revenue)


def store(histories: Iterable[History], *, born: datetime = T0) -> list[int]:
    """A customer for each history, with all its events. Answers their ids."""
    rows: list[Row] = []
    ids: list[int] = []
    for history in histories:
        id_ = customer(identified=history.identified, born=born)
        ids.append(id_)
        for number, (at, value) in enumerate(history.orders):
            body = msgspec.json.encode({"order_id": str(number), "revenue": float(value)})
            rows.append(Row(id_, "Order Completed", at, "shop", "", body, b"{}"))
        kinds = {
            "Product Viewed": history.views,
            "Cart Updated": history.carts,
            "Checkout Started": history.checkouts,
            "page": history.others,
        }
        for name, instants in kinds.items():
            rows += [Row(id_, name, at, "shop", "", b"{}", b"{}") for at in instants]
    write(rows, now=T0)
    return ids


def placed(*customer_ids: int, now: datetime) -> None:
    """Place the customers and log what changed, as an importer would."""
    record([change.event for change in refresh(customer_ids, now=now)], now=now)


def touched(customer_id: int, touch: Any, *, now: datetime) -> None:
    """Follow one customer's events and log what changed, as the door for events does."""
    record([change.event for change in follow({customer_id: touch}, now=now)], now=now)


def pass_time(until: datetime) -> None:
    """Let everything happen that is due, as the tick does."""
    while advance_due(now=until):
        pass


def state(customer_id: int) -> LifecycleState:
    return LifecycleState.objects.get(pk=customer_id)


def segment(customer_id: int) -> str:
    return state(customer_id).segment


def told(customer_id: int) -> list[tuple[datetime, str, str, str]]:
    """The moves in the log: when, from, to, cause; the soft clocks' carry the lost stage."""
    events = Event.objects.filter(customer_id=customer_id, name=EVENT, source=SYSTEM)
    moves = []
    for event in events.order_by("at", "id"):
        said = event.properties
        goal = said["to"] if said["from"] != said["to"] else said["lost_stage"]
        moves.append((event.at, said["from"], goal, said["cause"]))
    return moves
