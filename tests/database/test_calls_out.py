"""The machinery behind calls: whom it refuses to call, what a killed worker leaves, its costs."""

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as known
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from channels import tasks
from channels.adapters import caller
from channels.models import Call
from channels.operations import calls
from journeys.models import Enrollment
from journeys.operations import collect
from journeys.operations.advance import advance
from journeys.operations.enroll import Candidate, enroll
from journeys.operations.run import run
from journeys.queries import plans
from profiles.queries import clock
from tests.database import letters
from tests.emulators.receiver import Receiver
from tests.world import World

LATER = dt.timedelta(hours=2)
JOURNEY = """
journey: scoring
class: transactional
enter: {on: {api: true}}
steps:
  - id: score
    call: {url: "%s", body: {id: "{{ customer.id }}"}, save: score, timeout: 20s, retries: %s}
  - id: which
    branch: [{if: {context: score.value, gte: 5}, then: good}]
    else: poor
  - {id: good, wait: 1d}
  - {id: poor, wait: 1d}
"""
INSIDE = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "localhost", "0.0.0.0", "10.0.0.1",
    "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
    "[::1]", "[::]", "[fd00::1]", "[fe80::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
)  # fmt: skip


@pytest.fixture
def world(transactional_db: None, settings: Any) -> World:
    settings.SOJOURN_SANDBOX = False
    settings.SOJOURN_GLOBAL_CONTROL = 0
    return World()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(known.SOJOURN_CALL_SECRETS[0], {"value": 7}) as emulator:
        yield emulator
    caller.close_all()


def come_in(world: World, url: str, count: int = 1, retries: int = 5) -> None:
    """That many customers come to the call."""
    world.journey(JOURNEY % (url, retries))
    admit(world, letters.customers(count))


def admit(world: World, people: list[int]) -> None:
    version = plans.current().entering["scoring"]
    with transaction.atomic():
        found = enroll([Candidate(each, version, {}) for each in people], now=world.now)
        run(found.rows, now=world.now)


def steps() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT step, count(*) FROM journeys_enrollment GROUP BY step")
        return dict(cursor.fetchall())


def reply(world: World) -> None:
    """Everything behind the call."""
    collect.collect(now=world.now)
    advance(now=world.now)


@pytest.mark.parametrize("host", INSIDE)
def test_what_is_not_on_the_public_internet_is_never_called(
    world: World, receiver: Receiver, settings: Any, host: str
) -> None:
    settings.PUBLIC_URL = "https://sojourn.example.com"
    come_in(world, f"http://{host}:{receiver.port}/score")
    assert calls.make(now=world.now) == 1
    found = Call.objects.get()
    assert (found.status, found.reason, found.attempts) == ("failed", "address_forbidden", 1)
    assert receiver.connections == 0


def test_a_deployment_on_trial_calls_its_own_machine(world: World, receiver: Receiver) -> None:
    come_in(world, receiver.url)
    calls.make(now=world.now)
    assert Call.objects.get().status == "answered"


def test_who_cannot_be_reached_is_tried_again_as_often_as_said(world: World) -> None:
    come_in(world, "http://127.0.0.1:9/", retries=1)
    calls.make(now=world.now)
    assert (Call.objects.get().status, Call.objects.get().reason) == ("queued", "connect_failed")
    calls.make(now=world.now + LATER)
    found = Call.objects.get()
    assert (found.status, found.attempts, found.http_status) == ("failed", 2, None)
    assert found.error


def test_a_crash_between_the_answer_and_the_journey_loses_nothing(
    world: World, receiver: Receiver
) -> None:
    come_in(world, receiver.url, 3)
    calls.make(now=world.now)
    for work in (collect.collect, advance):
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            work(now=world.now)
            raise KeyboardInterrupt
        assert steps() == {"score": 3}
        assert work(now=world.now) == 3
    assert steps() == {"good": 3}
    assert collect.collect(now=world.now) == advance(now=world.now) == 0
    assert len(receiver.seen) == 3


def test_a_worker_that_died_in_a_call_leaves_it_to_the_next_under_the_same_id(
    world: World, receiver: Receiver
) -> None:
    come_in(world, receiver.url)
    claim_and_die(world)
    assert calls.sweep(now=world.now) == 0
    expire()
    assert calls.sweep(now=world.now) == 1
    calls.make(now=world.now)
    found = Call.objects.get()
    assert (found.status, found.attempts) == ("answered", 2)
    assert receiver.ids == [str(found.uid)]


def test_a_call_that_kills_its_workers_is_given_up(world: World, receiver: Receiver) -> None:
    come_in(world, receiver.url, retries=1)
    for _ in range(2):
        claim_and_die(world)
        expire()
        calls.sweep(now=world.now)
    assert (Call.objects.get().status, Call.objects.get().reason) == ("failed", "worker_lost")
    reply(world)
    assert steps() == {"poor": 1}


def test_a_worker_that_was_held_up_changes_nothing(world: World, receiver: Receiver) -> None:
    come_in(world, receiver.url)
    (held,) = claim_and_die(world)
    result = calls._job(held, world.now)()
    expire()
    calls.sweep(now=world.now)
    receiver.says = lambda _: {"value": 1}
    calls.make(now=world.now)
    calls._finish([(held, result)], world.now)
    assert Call.objects.get().answer == {"value": 1}


def claim_and_die(world: World) -> list[Any]:
    with transaction.atomic():
        return calls._claim(world.now, 10)


def expire() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE channels_call SET lease_until = now() - interval '1s'")


def test_workers_side_by_side_make_each_call_once(world: World, receiver: Receiver) -> None:
    come_in(world, receiver.url, 60)

    def work(_: int) -> int:
        try:
            return calls.make(now=world.now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as workers:
        assert sum(workers.map(work, range(4))) == 60
    assert set(receiver.uids.values()) == {1}
    assert len(receiver.uids) == 60


def test_a_thousand_cost_as_many_statements_as_ten(world: World) -> None:
    world.journey(JOURNEY % ("https://api.example.com/{{ customer.id }}", 5))
    people = letters.customers(1011)
    works: list[Callable[[list[int]], object]] = [
        lambda some: admit(world, some),
        lambda _: calls.pretend(now=world.now),
        lambda _: collect.collect(now=world.now),
        lambda _: advance(now=world.now),
    ]
    costs = []
    for some in (people[:1], people[1:11], people[11:]):
        for work in works:
            with CaptureQueriesContext(connection) as asked:
                work(some)
            costs.append(len(asked))
    assert costs[4:8] == costs[8:]
    assert steps() == {"poor": 1011}
    assert Enrollment.objects.filter(context={"score": {}}).count() == 1011


def test_a_step_is_called_for_once_a_visit(world: World, receiver: Receiver) -> None:
    come_in(world, receiver.url)
    row = Enrollment.objects.get()
    Enrollment.objects.update(visits={}, due_at=world.now)
    advance(now=world.now)
    assert Call.objects.count() == 1
    calls.make(now=world.now)
    reply(world)
    row.refresh_from_db()
    assert (row.step, row.context) == ("good", {"score": {"value": 7}})


def test_bells_wake_those_who_call_and_those_who_move_on(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr(tasks, "ring", rung.append)
    world.now = clock.now()
    come_in(world, receiver.url)
    tasks.tick()
    assert rung == ["call"]
    tasks.call()
    assert rung == ["call", "advance"]
    assert Call.objects.get().status == "answered"
    tasks.tick()
    assert rung == ["call", "advance"]
