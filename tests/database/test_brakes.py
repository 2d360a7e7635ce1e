"""What keeps messages back: caps, quiet hours and halts, in the sandbox and with many workers."""

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connection, transaction

from channels.core.quiet import parse
from channels.models import FrequencyCap, Message
from channels.operations import brakes, prepare
from channels.operations.dispatch import dispatch
from channels.queries import messages
from profiles.core.answers import Refused
from profiles.queries import workspace
from tests.database import letters
from tests.database.letters import NOW
from tests.threads import in_a_thread

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
night = parse(hours="21:00-09:00")


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True


def cap(slug: str = "week", **given: Any) -> FrequencyCap:
    return brakes.save_cap(slug, {"most": 2, "hours": 168, "reserve_hours": 0, **given})


def send(customer: int, number: int, at: dt.datetime = NOW, **fields: Any) -> str:
    """Enqueue one more message, hand over what is due, and say where it stands."""
    fields = {"enrollment_id": customer * 100 + number, "send_after": at, **fields}
    (message,) = letters.enqueue([customer], **fields)
    dispatch(now=at)
    return stands(message)


def stands(message: int) -> str:
    row = Message.objects.get(pk=message)
    return f"{row.status}:{row.reason}" if row.reason else row.status


@pytest.mark.django_db
def test_a_full_cap_refuses_and_says_what_it_counted() -> None:
    cap()
    (ann,) = letters.customers(1)
    assert [send(ann, n, NOW + n * DAY) for n in range(3)] == [
        "sent", "sent", "skipped:frequency_cap",
    ]  # fmt: skip
    (told,) = [event[2] for event in letters.events("message.skipped")]
    assert told["inputs"] == {
        "cap": "week", "most": 2, "had": 2, "until": (NOW + 7 * DAY).isoformat(),
    }  # fmt: skip
    assert send(ann, 4, NOW + 7 * DAY) == "sent"


@pytest.mark.django_db
def test_a_deferred_message_leaves_at_the_instant_at_which_there_is_room() -> None:
    cap(most=1, hours=48)
    (ann,) = letters.customers(1)
    send(ann, 1)
    assert send(ann, 2, NOW + HOUR, on_cap="defer") == "queued:frequency_cap"
    message = Message.objects.latest("id")
    assert message.send_after == NOW + 48 * HOUR
    assert message.expires_at == NOW + HOUR + 24 * HOUR + 47 * HOUR
    assert dispatch(now=NOW + 48 * HOUR).sent == 1


@pytest.mark.django_db
def test_what_would_expire_while_it_waits_is_refused_at_once() -> None:
    cap(most=1)
    (ann,) = letters.customers(1)
    send(ann, 1)
    found = send(ann, 2, on_cap="defer", expires_at=NOW + DAY)
    assert found == "skipped:frequency_cap"


@pytest.mark.django_db
def test_the_next_channel_takes_over_where_the_first_is_full() -> None:
    cap(most=1, channel="email")
    (ann,) = letters.customers(1)
    body = {**letters.MAIL, **letters.SMS}
    for number in (1, 2):
        assert (
            send(ann, number, body=body, channels=("email", "sms"), on_cap="next_channel") == "sent"
        )
    assert list(Message.objects.order_by("id").values_list("channel", flat=True)) == [
        "email", "sms",
    ]  # fmt: skip
    assert send(ann, 3, body=body, on_cap="next_channel") == "skipped:frequency_cap"


@pytest.mark.django_db
def test_transactional_messages_neither_count_nor_wait() -> None:
    cap(most=1)
    (ann,) = letters.customers(1)
    transactional: dict[str, Any] = {"purpose": "transactional"}
    assert [send(ann, n, **transactional) for n in range(3)] == ["sent"] * 3
    assert [send(ann, n) for n in (4, 5)] == ["sent", "skipped:frequency_cap"]
    assert send(ann, 6, **transactional) == "sent"


@pytest.mark.django_db
def test_ghosts_meet_the_same_cap_and_take_nobodys_place() -> None:
    cap(most=1)
    (ann,) = letters.customers(1)
    ghost: dict[str, Any] = {"ghost": "holdout"}
    assert [send(ann, n, **ghost) for n in (1, 2)] == ["withheld:holdout", "skipped:frequency_cap"]
    assert [send(ann, n) for n in (3, 4)] == ["sent", "skipped:frequency_cap"]


@pytest.mark.django_db
def test_of_one_batch_the_more_important_go_first() -> None:
    cap()
    (ann,) = letters.customers(1)
    for number, priority in enumerate((10, 90, 50, 70)):
        letters.enqueue([ann], enrollment_id=number, priority=priority)
    dispatch(now=NOW)
    sent = Message.objects.filter(status="sent").values_list("priority", flat=True)
    assert sorted(sent) == [70, 90]


@pytest.mark.django_db
def test_room_is_kept_for_what_is_due_soon_and_matters_more() -> None:
    cap(most=1, reserve_hours=2)
    (ann,) = letters.customers(1)
    (later,) = letters.enqueue([ann], enrollment_id=1, priority=90, send_after=NOW + HOUR)
    assert send(ann, 2, priority=10) == "queued:priority"
    dispatch(now=NOW + HOUR)
    assert stands(later) == "sent"
    dispatch(now=NOW + 2 * HOUR)
    assert stands(Message.objects.latest("id").pk) == "skipped:frequency_cap"


@pytest.mark.django_db(transaction=True)
def test_no_window_is_exceeded_by_workers_side_by_side() -> None:
    cap(most=2, hours=24)
    people = letters.customers(40)
    dice = random.Random(7)
    for number in range(12):
        at = NOW + dice.random() * 6 * HOUR
        letters.enqueue(people, enrollment_id=None, step=f"s{number}", send_after=at)
    for hour in range(10):
        with ThreadPoolExecutor(4) as workers:
            for _ in range(4):
                workers.submit(in_a_thread, lambda at=NOW + hour * HOUR: until_done(at))
    assert not Message.objects.filter(status__in=("queued", "sending")).exists()
    counts = Message.objects.filter(status="sent").values_list("customer_id", flat=True)
    assert sorted(counts) == sorted(people * 2)


def until_done(now: dt.datetime) -> None:
    while (due := messages.next_due()) is not None and due <= now:
        dispatch(now=now, limit=17)


@pytest.mark.django_db
def test_a_message_due_at_three_arrives_at_nine_on_the_customers_wall(settings: Any) -> None:
    settings.SOJOURN_QUIET = night
    ann, ben = letters.customers(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_customer SET timezone = 'Europe/Berlin' WHERE id = %s", [ann]
        )
        cursor.execute("UPDATE profiles_customer SET timezone = 'Asia/Tokyo' WHERE id = %s", [ben])
    three = dt.datetime(2026, 12, 1, 2, tzinfo=dt.UTC)  # 03:00 in Berlin, 11:00 in Tokyo
    assert send(ben, 1, three) == "sent"
    assert send(ann, 1, three, channels=("sms",), body=letters.SMS) == "queued:quiet_hours"
    nine = dt.datetime(2026, 12, 1, 8, tzinfo=dt.UTC)
    assert dispatch(now=nine - dt.timedelta(microseconds=1)).claimed == 0
    assert dispatch(now=nine).sent == 1
    assert send(ann, 2, three, purpose="transactional") == "sent"


@pytest.mark.django_db
def test_what_must_be_there_before_morning_expires_with_the_reason(settings: Any) -> None:
    settings.SOJOURN_QUIET = night
    (ann,) = letters.customers(1)
    late = dt.datetime(2026, 12, 1, 22, tzinfo=dt.UTC)
    assert send(ann, 1, late, expires_at=late + 2 * HOUR) == "expired:quiet_hours"
    assert send(ann, 2, late, ghost="holdout") == "queued:quiet_hours"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scope", "name"), [("all", ""), ("channel", "email"), ("journey", "cart")]
)
def test_a_halt_holds_what_it_names_until_it_is_lifted(scope: str, name: str) -> None:
    (ann,) = letters.customers(1)
    halt = brakes.halt(scope, name, reason="wrong price", by="api", now=NOW)
    assert brakes.halt(scope, name, reason="wrong price!", by="api", now=NOW) == halt
    assert send(ann, 1) == "queued"
    assert messages.next_due() is None
    other = send(ann, 2, journey="other", channels=("sms",), body=letters.SMS)
    assert other == ("queued" if scope == "all" else "sent")
    brakes.lift_halt(halt)
    dispatch(now=NOW)
    assert stands(Message.objects.earliest("id").pk) == "sent"
    with pytest.raises(Refused, match="no such halt"):
        brakes.lift_halt(halt)


@pytest.mark.django_db
def test_a_message_takes_a_channel_that_is_not_halted() -> None:
    brakes.halt("channel", "email", reason="", by="api", now=NOW)
    (ann,) = letters.customers(1)
    assert send(ann, 1, body={**letters.MAIL, **letters.SMS}, channels=("email", "sms")) == "sent"
    assert Message.objects.get().channel == "sms"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"hours": None}, "Give either"), ({"period": "day"}, "Give either"),
        ({"channel": "pigeon"}, "no channel pigeon"), ({"most": 0}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_a_cap_that_makes_no_sense_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        cap(**given)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scope", "name", "words"),
    [
        ("all", "email", "all has no name"), ("channel", "", "Name the channel"),
        ("channel", "pigeon", "no channel pigeon"), ("moon", "", "A halt is for"),
    ],
)  # fmt: skip
def test_a_halt_of_nothing_is_refused(scope: str, name: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        brakes.halt(scope, name, reason="", by="api", now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("group", ["holdout", "global"])
def test_an_address_in_control_is_not_reached_through_a_second_profile(
    group: str, settings: Any
) -> None:
    ann, ben = letters.customers(2, email="shared@example.com", phone="")
    (cat,) = letters.customers(1, email="cat@example.com", phone="")
    if group == "holdout":
        assert send(ann, 1, ghost="holdout") == "withheld:holdout"
    else:
        settings.SOJOURN_GLOBAL_CONTROL = 100
    assert send(ben, 1) == "skipped:control_address"
    assert send(ben, 2, purpose="transactional") == "sent"
    assert send(cat, 1) == "sent"
    if group == "holdout":
        assert send(ben, 3, journey="another") == "sent"


HANDS = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
"""


@pytest.mark.django_db(transaction=True)
def test_a_dry_run_keeps_no_customer_from_the_workers() -> None:
    """Its one transaction lasts for minutes."""
    cap()
    letters.enqueue(letters.customers(2))
    for private, hands in ((False, 2), (True, 0)):
        with transaction.atomic(), workspace.private() if private else nullcontext():
            assert prepare.batch(now=NOW, limit=10, ways=None).claimed == 2
            with connection.cursor() as cursor:
                cursor.execute(HANDS)
                assert cursor.fetchone() == (hands,)
            transaction.set_rollback(True)
