"""Requests that arrive together share a transaction, and no one pays for another's mistake."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event as Flag

import pytest
from django.db import DataError, connection

from profiles.core.events import Incoming
from profiles.operations.gather import gather
from profiles.operations.ingest import Warned
from tests.database.calls import NOW, history, identify, query, take, track, user
from tests.database.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def send(*calls: Incoming, source: str = "shop", now: dt.datetime = NOW) -> Sequence[Warned]:
    return gather(calls, source=source, now=now, committed=lambda: None)


def test_everybody_gets_the_warnings_about_their_own_calls() -> None:
    def request(number: int) -> list[tuple[int, str]]:
        name = f"u{number}"
        found = send(track(name), identify(name, phone="home"), identify(name, email="at home"))
        return [(warning.place, warning.problem.code) for warning in found]

    answers = together([lambda n=n: request(n) for n in range(30)])
    assert answers == [[(1, "invalid_phone"), (2, "invalid_email")]] * 30


def test_a_request_that_cannot_be_stored_fails_alone() -> None:
    def request(number: int) -> str:
        bad = number % 5 == 0
        try:
            send(track(f"u{number}", properties={"text": "\0" if bad else "fine"}))
        except DataError:
            return "failed"
        return "taken"

    answers = together([lambda n=n: request(n) for n in range(20)])
    assert answers == ["failed" if number % 5 == 0 else "taken" for number in range(20)]
    (stored,) = query("SELECT count(*) FROM profiles_event WHERE source = 'shop'")
    assert stored == (16,)


def test_senders_of_different_sources_do_not_mix() -> None:
    def request(number: int) -> None:
        send(track("ann", message_id="same"), source=f"source {number % 4}")

    together([lambda n=n: request(n) for n in range(24)])
    assert history(user("ann")).count("Signed Up") == 4


def test_who_waits_behind_a_slow_transaction_shares_the_next_one() -> None:
    """The slow ones wait for a lock that is held here until all the others have queued up."""
    take(identify("ann"))
    held, queued = Flag(), Flag()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT FROM profiles_customer FOR UPDATE")
            held.set()
            queued.wait(30)
            cursor.execute("COMMIT")

    def request(number: int) -> None:
        held.wait(30)
        if number == 19:
            queued.set()
        send(track("ann", f"event {number}"))

    requests: list[Callable[[], None]] = [partial(request, number) for number in range(20)]
    together([hold, *requests])
    writers = (
        "SELECT count(DISTINCT xid), count(*) FROM profiles_event WHERE starts_with(name, 'event')"
    )
    ((transactions, events),) = query(writers)
    assert events == 20
    assert transactions < 20


def test_the_bell_is_rung_once_a_transaction_and_only_after_it() -> None:
    rung: list[int] = []

    def committed() -> None:
        rung.append(query("SELECT count(*) FROM profiles_event WHERE source = 'shop'")[0][0])

    def request(number: int) -> None:
        gather([track(f"u{number}")], source="shop", now=NOW, committed=committed)

    together([lambda n=n: request(n) for n in range(24)])
    ((transactions,),) = query(
        "SELECT count(DISTINCT xid) FROM profiles_event WHERE source = 'shop'"
    )
    assert len(rung) == transactions
    assert max(rung) == 24
