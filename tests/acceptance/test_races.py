"""Many at once, and nothing happens twice: posts of one message, publishing, two beats."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.acceptance.installation import Installation, batches
from tests.acceptance.providers import Providers
from tests.config.processes import until

BEAT = ("-m", "celery", "-A", "config.celery", "beat", "-s", "/dev/null", "--max-interval", "1")


def crowd(client: httpx.Client) -> httpx.Client:
    """The same client with a connection for each of many threads."""
    return httpx.Client(
        base_url=client.base_url,
        headers=client.headers,
        auth=client.auth,
        timeout=60,
        limits=httpx.Limits(max_connections=50),
    )


def at_once(times: int, request: Callable[[], httpx.Response]) -> Counter[int]:
    """The statuses of the same request, made by so many at the same time."""
    with ThreadPoolExecutor(times) as threads:
        asked = [threads.submit(request) for _ in range(times)]
        return Counter(each.result().status_code for each in asked)


def journey(slug: str, *, enter: dict[str, Any], text: str) -> dict[str, Any]:
    return {
        "journey": slug,
        "enter": enter,
        "steps": [{"id": "sms", "send": {"channel": "sms", "text": text}}],
    }


def test_fifty_posts_of_one_message_have_one_effect(
    shop: Installation, providers: Providers
) -> None:
    enter = {"on": [{"event": "Won"}], "again": "always"}
    shop.publish(journey("won", enter=enter, text="You have won"))
    traits = {"phone": "+14045550100"}
    shop.web.post("/v1/identify", json={"userId": "ivy", "traits": traits})
    message = str(uuid.uuid4())
    body = {"userId": "ivy", "event": "Won", "messageId": message}
    with crowd(shop.web) as client:
        assert at_once(50, lambda: client.post("/v1/track", json=body)) == {200: 50}
    counted = "SELECT count(*) FROM profiles_event WHERE message_id = %s"
    assert shop.number(counted, message) == 1
    until(lambda: sent(shop, "won") == 1)
    settle(shop)
    assert shop.report("won")["totals"]["entered"] == 1
    assert len([each for each in providers.sms.accepted if each["to"] == "+14045550100"]) == 1


def sent(shop: Installation, slug: str) -> int:
    """How many messages of its only step the journey's report counts."""
    (step,) = shop.report(slug)["steps"]
    return int(step["sent"])


def settle(shop: Installation) -> None:
    """Until the log has been read to its end, and no message waits."""
    unread = (
        "SELECT count(*) FROM profiles_event e, journeys_cursor c"
        " WHERE c.name = 'journeys' AND NOT pg_visible_in_snapshot(e.xid, c.done::pg_snapshot)"
    )
    waiting = "SELECT count(*) FROM channels_message WHERE status IN ('queued', 'sending')"
    until(lambda: shop.number(unread) == 0 and shop.number(waiting) == 0)


def test_twenty_savers_and_publishers_make_one_draft_and_one_version(shop: Installation) -> None:
    document = journey("popular", enter={"on": [{"event": "Never"}]}, text="Hello")
    revision = None
    for version in (1, 2):
        draft = {"document": {**document, "title": f"Take {version}"}, "revision": revision}
        with crowd(shop.api) as client:
            saved = at_once(20, lambda: client.put("/journeys/popular", json=draft))  # noqa: B023
            published = at_once(20, lambda: client.post("/journeys/popular/publish", json={}))
        assert saved == {200: 1, 409: 19}
        assert published == {200: 20}
        found = shop.api.get("/journeys/popular").json()
        assert (found["version"], len(found["versions"])) == (version, version)
        assert found["revision"] == version
        revision = found["revision"]


@pytest.fixture
def second_beat(shop: Installation) -> Iterator[None]:
    """One more beat beside the one of `up`, ticking."""
    beat = shop.spawn(*BEAT, "--loglevel", "INFO")
    try:
        until(lambda: "Sending due task" in shop.log("spawned"))
        yield
        assert beat.poll() is None
    finally:
        beat.kill()
        beat.wait()


@pytest.mark.usefixtures("second_beat")
def test_two_beats_open_each_slot_once(shop: Installation, providers: Providers) -> None:
    people = {f"early-{number}": f"+1505555{number:04}" for number in range(20)}
    calls = [
        {"type": "identify", "userId": name, "traits": {"phone": phone, "plan": "early"}}
        for name, phone in people.items()
    ]
    for body in batches(calls):
        assert shop.web.post("/v1/batch", json=body).status_code == 200
    moments = published_in_time(shop)
    until(lambda: all(sent(shop, moment) == 20 for moment in moments))
    settle(shop)
    slots = shop.rows(
        "SELECT j.slug, count(*) FROM journeys_slot s"
        " JOIN journeys_journey j ON j.id = s.journey_id"
        " WHERE s.finished_at IS NOT NULL AND j.slug = ANY(%s) GROUP BY j.slug ORDER BY j.slug",
        moments,
    )
    assert slots == [(moment, 1) for moment in moments]
    taken = Counter(
        (each["to"], moment)
        for each in providers.sms.accepted
        for moment in moments
        if moment in each["text"]
    )
    assert taken == {(phone, moment): 1 for phone in people.values() for moment in moments}


def published_in_time(shop: Installation) -> list[str]:
    """Four journeys for a moment each, live before the first one comes: what was published too
    late, by a machine that was held up, is left for others.
    """
    for trial in range(7):
        soon = shop.number("SELECT clock_timestamp()") + dt.timedelta(seconds=3 * 2**trial)
        slugs = [f"moment-{trial}-{number}" for number in range(4)]
        for number, slug in enumerate(slugs):
            moment = soon + dt.timedelta(seconds=number)
            on = [{"schedule": moment.isoformat()}]
            enter = {"on": on, "if": {"attribute": "plan", "eq": "early"}}
            shop.publish(journey(slug, enter=enter, text=slug))
        if shop.number("SELECT clock_timestamp()") < soon:
            return slugs
    raise AssertionError("Nothing is published in time.")
