"""Publishing while customers are inside: counts that come true, many at once, thousands."""

import datetime as dt
from collections import Counter
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from config.settle import settle
from journeys.models import Decision, Enrollment, Journey, Version, Wait
from journeys.operations import admit, advance, apply, draft, publish
from journeys.operations.refused import Refused
from journeys.operations.replan import preview
from profiles.models import Customer
from tests.database.threads import together, until_somebody_waits

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
STEPS = """
journey: letters
enter: {on: [{event: Signed Up}]}
steps:
  - id: first
    wait: 1d
  - id: second
    wait: 2d
  - id: third
    wait_for: {any: [{event: Answered, then: end}], timeout: 3d, then: last}
  - id: last
    send: {channel: email, subject: Last, text: l}
"""
WITHOUT_SECOND = STEPS.replace("  - id: second\n    wait: 2d\n", "")
FILL = """
INSERT INTO journeys_enrollment (customer_id, journey_id, version_id, key, status, ghost, arms,
    step, visit, visits, due_at, step_at, entry, context, entered_at, left_reason, failures)
SELECT c.id, v.journey_id, v.id, '', 'active', '', '{}', s.step, 1, jsonb_build_object(s.step, 1),
    %(now)s + s.days * interval '1 day', %(now)s, '{}', '{}', %(now)s, '', 0
FROM journeys_version v, profiles_customer c, LATERAL (
    SELECT * FROM (VALUES (0, 'first', 1), (1, 'second', 2), (2, 'third', 3)) AS t(n, step, days)
    WHERE t.n = c.id %% 3) AS s
"""
LISTEN = """
INSERT INTO journeys_wait (enrollment_id, customer_id, event, since)
SELECT id, customer_id, 'Answered', step_at FROM journeys_enrollment WHERE step = 'third'
"""


@pytest.fixture(autouse=True)
def workspace(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0


def inhabit(count: int) -> None:
    """The journey live, its customers spread over the steps."""
    save(STEPS)
    publish.publish("letters", by="test", note="", now=NOW)
    Customer.objects.bulk_create(
        Customer(created_at=NOW, updated_at=NOW, attributes={}) for _ in range(count)
    )
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"now": NOW})
        cursor.execute(LISTEN)


def save(text: str) -> None:
    journey = Journey.objects.filter(slug="letters").first()
    revision = journey.revision if journey else None
    draft.save("letters", text, revision=revision, by="test", now=NOW)


def standing() -> Counter[tuple[str, int]]:
    return Counter(
        Enrollment.objects.filter(status="active").values_list("step", "version__number")
    )


@pytest.mark.parametrize("move", [{}, {"second": "last"}, {"second": "leave", "third": "first"}])
def test_the_counts_of_the_plan_are_those_after_publishing(move: dict[str, str]) -> None:
    inhabit(31)
    save(WITHOUT_SECOND)
    promised: Counter[str] = Counter()
    for line in preview("letters", move=move):
        promised[line["goes_to"]] += line["standing"]
    publish.publish("letters", by="test", note="", now=NOW, move=move, confirm=True)
    left = Enrollment.objects.filter(status="left", left_reason="moved_out").count()
    found = Counter({step: number for (step, _), number in standing().items()})
    assert found == +Counter({to: n for to, n in promised.items() if to != "leave"})
    assert left == promised["leave"]
    assert {number for _, number in standing()} == {2}


def test_twenty_publish_at_once_and_make_one_version() -> None:
    inhabit(30)
    save(WITHOUT_SECOND)

    def work() -> int:
        version = publish.publish(
            "letters", by="test", note="", now=NOW, move={"second": "last"}, confirm=True
        )
        return version.number

    assert together([work] * 20) == [2] * 20
    assert Version.objects.count() == 2
    assert standing() == {("first", 2): 10, ("third", 2): 10, ("last", 2): 10}
    assert Decision.objects.filter(code="moved").count() == 30


def test_customers_who_move_on_meanwhile_are_neither_lost_nor_moved_twice() -> None:
    inhabit(60)
    save(STEPS.replace("wait: 2d", "wait: 1d"))
    later = NOW + dt.timedelta(days=1)

    def go_on() -> None:
        while advance.advance(now=later, limit=7):
            pass

    def change() -> None:
        publish.publish("letters", by="test", note="", now=later)

    together([go_on, change, go_on])
    go_on()
    settle(now=later)
    assert standing() == {("second", 2): 20, ("third", 2): 40}
    arrived = Decision.objects.filter(code__in=("wait_started", "awaiting"))
    assert Counter(arrived.values_list("step", flat=True)) == {"second": 20, "third": 20}


def test_as_many_statements_for_one_as_for_many(django_assert_max_num_queries: Any) -> None:
    apply.months([NOW])  # asked for once by every process
    inhabit(3)
    save(WITHOUT_SECOND)
    with django_assert_max_num_queries(60) as few:
        publish.publish("letters", by="test", note="", now=NOW, confirm=True)
    Enrollment.objects.all().delete()
    Journey.objects.update(live_version=None)
    Version.objects.all().delete()
    inhabit(297)
    save(WITHOUT_SECOND)
    with django_assert_max_num_queries(60) as many:
        publish.publish("letters", by="test", note="", now=NOW, confirm=True)
    assert len(few) == len(many)


def test_ten_thousand_are_taken_along() -> None:
    inhabit(9_999)
    save(WITHOUT_SECOND.replace("timeout: 3d", "timeout: 1d").replace("Answered", "Replied"))
    publish.publish("letters", by="test", note="", now=NOW, move={"first": "leave"}, confirm=True)
    assert sum(standing().values()) == 6666
    assert {number for _, number in standing()} == {2}
    assert Wait.objects.filter(event="Answered").count() == 0
    moved = Enrollment.objects.filter(step="third", status="active")
    due = Counter(moved.values_list("due_at", "visit"))
    assert due == {(NOW + dt.timedelta(days=1), 1): 3333, (NOW, 1): 3333}


def test_nothing_is_written_when_publishing_is_refused() -> None:
    inhabit(9)
    save(WITHOUT_SECOND)
    with pytest.raises(Refused, match="3 customers"):
        publish.publish("letters", by="test", note="", now=NOW)
    assert (Version.objects.count(), Journey.objects.get().live_version.number) == (1, 1)
    assert {number for _, number in standing()} == {1}


def test_whoever_is_about_to_enter_comes_along() -> None:
    save(STEPS.replace("{event: Signed Up}", "{api: true}"))
    publish.publish("letters", by="test", note="", now=NOW)
    Customer.objects.create(id=1, created_at=NOW, updated_at=NOW, attributes={})
    save(WITHOUT_SECOND.replace("{event: Signed Up}", "{api: true}"))
    inside = Event()

    def enter() -> None:
        with transaction.atomic():
            admit.admit("letters", ["1"], {}, now=NOW)
            inside.set()
            until_somebody_waits("advisory")

    def change() -> None:
        inside.wait(timeout=30)
        publish.publish("letters", by="test", note="", now=NOW)

    together([enter, change])
    assert standing() == {("first", 2): 1}


def test_whoever_enters_while_a_version_is_published_enters_that_one() -> None:
    save(STEPS.replace("{event: Signed Up}", "{api: true}"))
    publish.publish("letters", by="test", note="", now=NOW)
    Customer.objects.create(id=1, created_at=NOW, updated_at=NOW, attributes={})
    save(WITHOUT_SECOND.replace("{event: Signed Up}", "{api: true}"))
    closed = Event()

    def change() -> None:
        with transaction.atomic():
            publish.publish("letters", by="test", note="", now=NOW)
            closed.set()
            until_somebody_waits("advisory")

    def enter() -> None:
        closed.wait(timeout=30)
        admit.admit("letters", ["1"], {}, now=NOW)

    together([change, enter])
    assert standing() == {("first", 2): 1}
