"""While the database is away every door says so, and when to come again; then all is as before."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.acceptance.installation import WRITE_KEY, Installation
from tests.acceptance.providers import Providers
from tests.config.processes import alive, until
from tests.crash.faults import kill

Ask = Callable[[], httpx.Response]


@contextmanager
def database_away(shop: Installation) -> Iterator[None]:
    """PostgreSQL is killed, and cannot be started."""
    needed = shop.home / "pg" / "PG_VERSION"
    moved = needed.rename(needed.with_name("moved"))
    try:
        pid = shop.pid("postgres", "-D")
        assert pid
        family = [pid, *shop.children(pid)]
        for each in family:
            kill(each)
        until(lambda: not any(alive(each) for each in family))
        yield
    finally:
        moved.rename(needed)


def doors(shop: Installation, providers: Providers) -> dict[str, Ask]:
    """A request for every kind of caller."""
    sendgrid, twilio = providers.mail, providers.sms
    track = {"userId": "zoe", "event": "Looked", "messageId": str(uuid.uuid4())}
    events = f"{shop.url}/callbacks/sendgrid/sendgrid"
    replies = f"{shop.url}/callbacks/twilio/twilio/inbound"
    body, headers = sendgrid.signed([])
    form, signature = twilio.signed(replies, twilio.reply("+16065550100", "hello"))
    browser = {"writeKey": WRITE_KEY, "userId": "zoe", "subscription": providers.push.subscribe()}
    return {
        "event": lambda: shop.web.post("/v1/track", json=track),
        "batch": lambda: shop.web.post("/v1/batch", json={"batch": [{"type": "track", **track}]}),
        "management": lambda: shop.api.get("/journeys"),
        "saving": lambda: shop.api.put("/journeys/x", json={"document": "- no mapping"}),
        "sendgrid": lambda: httpx.post(events, content=body, headers=headers, timeout=60),
        "twilio": lambda: httpx.post(replies, content=form, headers=signature, timeout=60),
        "push": lambda: shop.web.post("/push/subscriptions", json=browser),
        "metrics": lambda: shop.web.get("/metrics"),
        "admin": lambda: shop.web.get("/admin/", headers={"Cookie": f"sessionid={'x' * 32}"}),
    }


def test_while_the_database_is_away_every_door_says_when_to_come_again(
    shop: Installation, providers: Providers
) -> None:
    asked = doors(shop, providers)
    before = {name: ask().status_code for name, ask in asked.items()}
    assert max(before.values()) < 500
    with database_away(shop):
        until(lambda: shop.web.get("/readyz").status_code == 503)
        away = {name: ask() for name, ask in asked.items()}
        assert shop.web.get("/healthz").status_code == 200
    told = {
        name: (each.status_code, each.headers.get("Retry-After")) for name, each in away.items()
    }
    assert {name: each for name, each in told.items() if each[0] != 503 or not each[1]} == {}
    until(lambda: shop.web.get("/readyz").status_code == 200)
    assert {name: ask().status_code for name, ask in asked.items()} == before
