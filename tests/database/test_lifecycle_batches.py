"""Any number of customers at once, and any number of sessions at them."""

from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from profiles.core.stage_changes import Touch
from profiles.models import LifecycleState
from profiles.operations.lifecycle import advance_due, follow, refresh
from profiles.operations.lifecycle_model import model_in_force
from tests.core.lifecycle_history import DAY, HOUR, MICRO, T0, History
from tests.database.shop import (
    customer,
    log,
    order,
    pass_time,
    placed,
    segment,
    state,
    store,
    told,
    touched,
)

CYCLE = 60 * DAY


def shoppers(count: int) -> list[int]:
    """Buyers and prospects by turns, none placed yet."""
    return store(
        [
            History(orders=((T0 - number * MICRO, Decimal(20)),))
            if number % 2
            else History(views=(T0 - number * MICRO,))
            for number in range(count)
        ]
    )


def statements(act: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


@pytest.mark.django_db
def test_the_number_of_statements_does_not_grow_with_the_batch() -> None:
    refresh([customer()], now=T0)
    few, many = shoppers(4), shoppers(200)
    first, second = (statements(lambda ids=ids: refresh(ids, now=T0)) for ids in (few, many))
    assert first == second <= 8
    again = dict.fromkeys(few, Touch.ORDER | Touch.VIEW)
    everyone = dict.fromkeys(many, Touch.ORDER | Touch.VIEW)
    counts = [statements(lambda t=t: follow(t, now=T0)) for t in (again, everyone)]
    assert counts[0] == counts[1] <= 9
    due = T0 + 100 * DAY
    assert statements(lambda: advance_due(now=due, limit=6)) == statements(
        lambda: advance_due(now=due)
    )


@pytest.mark.django_db
def test_a_tick_takes_no_more_than_its_limit_the_oldest_first() -> None:
    buyers = store([History(orders=((T0 - n * HOUR, Decimal(5)),)) for n in range(4)])
    refresh(buyers, now=T0)
    late = T0 + CYCLE / 2 + DAY
    assert advance_due(now=late, limit=3) == 3
    waiting = LifecycleState.objects.get(next_at__lte=late)
    assert waiting.pk == buyers[0]
    assert advance_due(now=late, limit=3) == 1
    assert advance_due(now=late, limit=3) == 0


def in_another_session(act: Any) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def until_someone_waits(thread: Thread) -> None:
    """Return once another session waits for a lock (or the thread has ended)."""
    waiting = False
    while thread.is_alive() and not waiting:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            waiting = cursor.fetchone()[0] > 0


@pytest.mark.django_db(transaction=True)
def test_two_ticks_at_once_tell_of_a_move_once() -> None:
    buyer = customer()
    order(buyer, T0)
    placed(buyer, now=T0)
    answers: list[int] = []
    with transaction.atomic():
        answers.append(advance_due(now=T0 + 61 * DAY))
        in_another_session(lambda: answers.append(advance_due(now=T0 + 61 * DAY))).join()
    assert answers == [1, 0]
    pass_time(T0 + 61 * DAY)
    assert [move[2] for move in told(buyer)] == ["first_time_buyer", "second_order_due"]


@pytest.mark.django_db(transaction=True)
def test_of_two_first_placements_at_once_one_comes_first() -> None:
    model_in_force(now=T0)
    one = customer()
    log(one, "page", T0)
    found: list[Any] = []
    with transaction.atomic():
        found.append(refresh([one], now=T0))
        log(one, "Cart Updated", T0)
        other = in_another_session(lambda: found.append(refresh([one], now=T0)))
        until_someone_waits(other)
    other.join()
    assert [len(changes) for changes in found] == [1, 1]
    assert found[1][0].before == found[0][0].after
    assert segment(one) == "cart_holder"


@pytest.mark.django_db(transaction=True)
def test_the_second_of_two_orders_at_once_sees_the_first() -> None:
    buyer = customer()
    placed(buyer, now=T0)
    with transaction.atomic():
        order(buyer, T0)
        touched(buyer, Touch.ORDER, now=T0)

        def second() -> None:
            with transaction.atomic():
                order(buyer, T0 + HOUR)
                touched(buyer, Touch.ORDER, now=T0 + HOUR)

        other = in_another_session(second)
        until_someone_waits(other)
    other.join()
    assert state(buyer).orders == 2
    assert [move[2] for move in told(buyer)] == ["lead", "first_time_buyer", "repeat_buyer"]
