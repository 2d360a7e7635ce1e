"""Twenty thousand fall due at one instant, and everybody wants to move them: two beats, and two
workers of two processes. Each customer takes each step once.
"""

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.acceptance.installation import Installation, batches
from tests.acceptance.providers import Providers
from tests.acceptance.test_races import BEAT
from tests.config.processes import until

SIZE = 20_000
WORKER = (
    "-m", "celery", "-A", "config.celery", "worker", "--without-mingle", "--without-gossip",
    "--concurrency", "2", "--hostname", "second@%h", "--loglevel", "INFO",
)  # fmt: skip
JOURNEY: dict[str, Any] = {
    "journey": "rush",
    "enter": {"on": [{"event": "Invited"}]},
    "steps": [
        {"id": "pause", "wait": "1d"},
        {"id": "mark", "update": {"set": {"reached": True}}},
        {"id": "way", "branch": [{"if": {"attribute": "reached", "eq": True}, "then": "text"}]},
        {"id": "lost", "leave": "not marked"},
        {"id": "text", "send": {"channel": "sms", "text": "{{ customer.phone }}, come"}},
        {"id": "rest", "wait": "1s"},
    ],
}
DECIDED = {
    ("", "entered"), ("pause", "wait_started"), ("pause", "wait_over"),
    ("mark", "profile_recorded"), ("way", "branch_taken"), ("text", "message_planned"),
    ("rest", "wait_started"), ("rest", "wait_over"), ("rest", "completed"),
}  # fmt: skip
STANDING = "SELECT count(*) FROM journeys_enrollment WHERE step = 'pause' AND due_at IS NOT NULL"
OVER = "SELECT count(*) FROM journeys_enrollment WHERE status = 'completed'"
UNSENT = "SELECT count(*) FROM channels_message WHERE status <> 'sent'"


@contextmanager
def second_shift(shop: Installation) -> Iterator[None]:
    """One more beat and one more worker, both at work."""
    with ExitStack() as ending:
        for command in ((*BEAT, "--loglevel", "INFO"), WORKER):
            ending.enter_context(running(shop, command))
        until(lambda: "Sending due task" in shop.log("spawned"))
        until(lambda: worked(shop))
        yield


@contextmanager
def running(shop: Installation, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = shop.spawn(*command)
    try:
        yield process
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait()


def worked(shop: Installation) -> int:
    """How many tasks the second worker has done."""
    return shop.log("spawned").count("succeeded in")


def invite(shop: Installation) -> None:
    """Everybody is known, and waits for tomorrow."""
    people = {f"c{number}": f"+1404{5_000_000 + number}" for number in range(SIZE)}
    calls = [{"type": "identify", "userId": name, "traits": {"phone": phone}}
             for name, phone in people.items()]  # fmt: skip
    calls += [{"type": "track", "userId": name, "event": "Invited"} for name in people]
    for body in batches(calls):
        assert shop.web.post("/v1/batch", json=body).status_code == 200
    until(lambda: shop.number(STANDING) == SIZE, seconds=600)


def tomorrow_comes(shop: Installation) -> None:
    """All waits are over two seconds from now."""
    with shop.database() as connection:
        connection.execute(
            "UPDATE journeys_enrollment SET due_at = clock_timestamp() + interval '2 seconds'"
        )


@pytest.mark.long
def test_twenty_thousand_who_fall_due_together_take_each_step_once() -> None:
    with (
        Providers() as providers,
        Installation(2, **providers.variables(), SOJOURN_GLOBAL_CONTROL="0") as shop,
    ):
        shop.publish(JOURNEY)
        with second_shift(shop):
            invite(shop)
            before = worked(shop)
            tomorrow_comes(shop)
            until(lambda: shop.number(OVER) == SIZE, seconds=600)
            until(lambda: shop.number(UNSENT) == 0, seconds=600)
            assert worked(shop) > before + 5
        check_log(shop)
        check_messages(shop, providers)


def check_log(shop: Installation) -> None:
    """Every decision once for everybody, and nothing else; nobody was set aside."""
    decided = shop.rows(
        "SELECT step, code, count(*), count(DISTINCT customer_id), min(visit), max(visit)"
        " FROM journeys_decision GROUP BY step, code"
    )
    assert {row[:2] for row in decided} == DECIDED
    assert {row[2:4] for row in decided} == {(SIZE, SIZE)}
    assert {row[4:] for row in decided if row[0]} == {(1, 1)}
    told = shop.rows(
        "SELECT name, count(*), count(DISTINCT customer_id) FROM profiles_event"
        " WHERE name IN ('journey.entered', 'journey.left', 'message.sent') GROUP BY name"
    )
    assert sorted(row[1:] for row in told) == [(SIZE, SIZE)] * 3
    assert shop.number("SELECT count(*) FROM journeys_setaside") == 0


def check_messages(shop: Installation, providers: Providers) -> None:
    """One for everybody, and the provider was asked once for each."""
    sent = "SELECT count(*), count(DISTINCT customer_id), max(attempts) FROM channels_message"
    assert shop.rows(sent) == [(SIZE, SIZE, 1)]
    taken = Counter(each["to"] for each in providers.sms.accepted)
    assert (len(taken), set(taken.values())) == (SIZE, {1})
