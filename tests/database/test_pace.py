"""Accounts kept to their pace over all workers: rate, warm-up, and a rest for those that fail."""

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from channels.models import Account, Message, Pace
from channels.operations import brakes
from channels.operations.dispatch import dispatch
from tests.database import letters
from tests.database.letters import NOW
from tests.days import within_a_day
from tests.emulators.sendgrid import SendGrid
from tests.emulators.server import Reply, Request
from tests.threads import in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]


def pass_time(seconds: float) -> None:
    """What the paces know happened so much longer ago."""
    given: dict[str, Any] = {"by": dt.timedelta(seconds=seconds)}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_pace SET filled_at = filled_at - %(by)s,"
            " open_until = open_until - %(by)s, window_at = window_at - %(by)s",
            given,
        )


def round_at(seconds: float) -> int:
    return dispatch(now=NOW + dt.timedelta(seconds=seconds)).sent


def fits(sent: int, *, rate: int, began: float) -> bool:
    """Whether so many leave in the second that passed for the paces, and in the time that passed
    for the machine since the account had nothing left.
    """
    return rate <= sent <= rate * (1 + time.monotonic() - began)


def test_a_rate_is_kept_and_nobody_is_claimed_in_vain(sendgrid: SendGrid) -> None:
    began = time.monotonic()
    Account.objects.update(rate=5)
    letters.enqueue(letters.customers(40))
    assert round_at(0) == 10
    assert Message.objects.filter(status="queued", reason="rate").count() == 30
    Account.objects.update(rate=0.001)  # nothing comes of the time that the machine takes
    assert dispatch(now=NOW + dt.timedelta(seconds=60)).claimed == 0
    Account.objects.update(rate=5)
    pass_time(1)
    assert fits(round_at(61), rate=5, began=began)
    assert len(sendgrid.accepted) == Message.objects.filter(status="sent").count()


def warmed_up(today: dt.date) -> list[int]:
    """How many leave on the first day, once more on it, on the second and on the third."""
    Pace.objects.all().delete()
    Message.objects.all().delete()
    letters.enqueue(letters.customers(20))
    sent = []
    for number, days in enumerate((0, 0, 1, 2)):
        since = today - dt.timedelta(days=days)
        Account.objects.update(warmup="3, 8", warmup_from=since)
        if days:
            Message.objects.filter(status="queued").update(send_after=NOW)
        sent.append(round_at(number))
    return sent


def test_a_warm_up_lets_so_many_through_a_day(sendgrid: SendGrid) -> None:
    assert within_a_day(warmed_up) == [3, 0, 5, 12]


def test_an_account_that_fails_rests_probes_and_comes_back(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(60))
    sendgrid.fail("status", status=500)
    dispatch(now=NOW, limit=32)
    pace = Pace.objects.get()
    assert (pace.calls, pace.failures) == (32, 32)
    calls = sendgrid.requests
    assert dispatch(now=NOW).claimed == 0
    pass_time(16)
    dispatch(now=NOW, limit=32)
    assert sendgrid.requests == calls + 1
    assert dispatch(now=NOW).claimed == 0
    sendgrid.faults.clear()
    pass_time(16)
    assert round_at(61) == 1
    assert round_at(120) > 1
    assert Pace.objects.get().open_until is None


def test_while_an_account_rests_a_second_one_takes_over(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(40))
    sendgrid.fail("status", status=500)
    dispatch(now=NOW, limit=20)
    with SendGrid() as second:
        letters.account("sendgrid", "email", slug="second", api_key="k", base_url=second.url)
        assert dispatch(now=NOW).sent == 20
        assert len(second.accepted) == 20
    assert Message.objects.filter(status="unknown").count() == 20


def test_a_few_failures_among_many_calls_close_nothing(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(64))
    sendgrid.fail("status", status=500, times=16)
    dispatch(now=NOW)
    assert Message.objects.filter(status="sent").count() == 48
    assert Pace.objects.get().open_until is None


class Halting(SendGrid):
    """Somebody stops the journey while the first mail is with the provider."""

    def answer(self, request: Request) -> Reply:
        if not self.accepted:
            with ThreadPoolExecutor(1) as operator:
                operator.submit(in_a_thread, halt_the_cart).result()
        return super().answer(request)


def halt_the_cart() -> int:
    return brakes.halt("journey", "cart", reason="", by="api", now=NOW)


def test_a_halt_stops_what_a_worker_has_in_hand() -> None:
    letters.enqueue(letters.customers(48))
    with Halting() as provider:
        letters.account("sendgrid", "email", api_key="k", base_url=provider.url)
        assert dispatch(now=NOW).sent == 16
        assert len(provider.accepted) == 16
    assert Message.objects.filter(status="queued").count() == 32


def test_a_clock_that_is_set_back_keeps_no_account_from_its_pace(sendgrid: SendGrid) -> None:
    began = time.monotonic()
    Account.objects.update(rate=5)
    letters.enqueue(letters.customers(40))
    assert round_at(0) == 10
    pass_time(-25 * 3600)
    assert round_at(60) == 0
    pass_time(1)
    assert fits(round_at(120), rate=5, began=began)


def test_nor_from_its_probe_after_a_rest(sendgrid: SendGrid) -> None:
    letters.enqueue(letters.customers(2))
    far = dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)
    Pace.objects.create(account=Account.objects.get(), open_until=far)
    assert round_at(0) == 1
