"""Tests of journeys, played on the engine in one transaction that leaves nothing behind."""

from typing import Any

import pytest
from django.db import connection

from config.rehearsal import NotEmpty, Rehearsed, Staged, rehearse
from config.scratch import NoScratch, require_rights
from journeys.core.document import parse
from journeys.core.problem import DocumentError
from journeys.core.trials import reading
from journeys.models import Journey, SetAside
from profiles.models import Customer, Event
from tests.world import START

pytestmark = pytest.mark.django_db

CART = """
journey: abandoned-cart
enter:
  on: {event: Cart Updated, where: {value: {gte: 30}}}
  if: {attribute: country, in: [US, DE]}
  key: cart_id
  holdout: 20
leave:
  on: {event: Order Completed, where: {cart_id: {is: entry.cart_id}}}
goal: {event: Order Completed, within: 7d, value: revenue}
steps:
  - id: pause
    wait: 1h
  - id: test
    split:
      - {arm: control, share: 20, ghost: true, then: mail}
      - {arm: A, share: 40, then: mail}
      - {arm: B, share: 40, then: text}
  - id: mail
    send:
      channel: email
      subject: "{{ customer.firstName }}, your basket of {{ entry.value }} waits"
      text: Come back.
    then: mark
  - id: text
    send: {channel: [push, sms], text: "Still thinking?", title: "Your basket"}
  - id: mark
    update: {set: {reminded: true}}
"""
TEST = """
journey: abandoned-cart
tests:
  - name: a test
    customers:
      ann: {firstName: Ann, phone: "+12025550101"%s}
    events:
      - {event: Cart Updated, properties: {cart_id: c1, value: 50}}
%s
    expect:
%s
"""


def play(
    *expected: str,
    events: str = "",
    customer: str = "",
    known: str = ", email: ann@example.com, country: US",
) -> Rehearsed:
    lines = "\n".join(f"      - {each}" for each in expected)
    trials = reading.parse(TEST % (known + customer, events and f"      - {events}", lines))
    assert reading.faults(trials, parse(CART)) == []
    return rehearse(trials.trials[0], Staged(parse(CART), CART))


def told(*expected: str, **given: str) -> list[str]:
    return [each.message for each in play(*expected, **given).failures]


def test_what_comes_as_expected_is_no_failure_and_nothing_is_left_behind() -> None:
    logged = Event.objects.count()  # other tests leave theirs in the log
    found = play(
        "{entered: true, at: 0s}",
        "{stands: pause, at: 59m}",
        "{sent: {step: mail, channel: email, subject: 'of 50', text: Come, times: 1}, at: 1h}",
        "{never: text}",
        "{passed: [pause, mail]}",
        "{completed: true, by: 1h}",
        "{converted: false}",
        "{attributes: {reminded: true}}",
    )
    assert found.failures == []
    assert not Customer.objects.exists()
    assert not Journey.objects.exists()
    assert Event.objects.count() == logged


def test_a_purchase_leaves_and_counts() -> None:
    bought = "{after: 30m, event: Order Completed, properties: {cart_id: c1, revenue: 9}}"
    expected = ("{left: 'leave_on:Order Completed', at: 30m}", "{converted: true, at: 30m}")
    assert told(*expected, "{never: true}", events=bought) == []


def test_who_is_drawn_is_said_by_the_test() -> None:
    assert told("{sent: {step: text, channel: sms}}", customer=", arms: {test: B}") == []
    assert told("{withheld: mail}", "{never: true}", customer=", arms: {test: control}") == []
    assert told("{withheld: mail}", "{never: true}", customer=", ghost: true") == []


def test_a_browser_takes_a_push_and_who_unsubscribed_is_skipped() -> None:
    pushed = "{sent: {step: text, channel: push, title: basket}}"
    assert told(pushed, customer=", arms: {test: B}, push: true") == []
    skipped = "{skipped: {step: mail, reason: no_consent}}"
    assert told(skipped, customer=", unsubscribed: [email]") == []


def test_a_failure_says_what_happened_instead() -> None:
    assert told("{sent: text, at: 2h}") == [
        "ann should be sent “text” after exactly 2h; instead: “mail” by email sent after 1h,"
        " “Ann, your basket of 50 waits”"
    ]
    assert told("{refused: audience}") == [
        "ann should not be let in for “audience”; instead ann came in after 0s and completed the"
        " journey after 1h"
    ]
    assert told("{entered: true}", known=", country: FR") == [
        "ann should come in; instead ann was not let in: audience"
    ]


def test_a_trait_that_cannot_be_read_is_a_failure() -> None:
    (message,) = told("{entered: true}", known=', country: US, email: "@"')
    assert "email" in message.lower()


def test_tests_run_only_where_nobody_is() -> None:
    Customer.objects.create(
        attributes={}, created_at="2026-01-01T00:00Z", updated_at="2026-01-01T00:00Z"
    )
    with pytest.raises(NotEmpty):
        play("{entered: true}")


ALL_WAYS = """
journey: all-ways
enter:
  on:
    - {api: true}
    - {event: message.clicked, where: {journey: {eq: other}}}
    - {schedule: "2026-03-05T10:00", local: true}
  if: {attribute: plan, eq: pro}
  again: always
  holdout: 5
goal: {event: Order Completed}
steps:
  - id: hello
    send: {channel: email, subject: "Hello {{ entry.source }}", text: Hello}
"""
WAYS_TEST = """
journey: all-ways
tests:
  - name: a guest who becomes known
    customers:
      guest: {anonymous: true}
      ann: {email: ann@example.com, plan: pro, timezone: Europe/Berlin}
    events:
      - {customer: guest, enroll: {source: early}}
      - {after: 1h, customer: guest, identify: {email: guest@example.com, plan: pro}}
      - {after: 1h, customer: guest, enroll: {source: api}}
      - {after: 1h, customer: guest, event: message.clicked, properties: {journey: other}}
    expect:
      - {customer: guest, refused: audience, at: 0s}
      - {customer: guest, sent: {step: hello, subject: Hello api}, at: 2h}
      - {customer: guest, sent: {step: hello, times: 3}}
      - {customer: ann, sent: {step: hello, times: 1}, at: 3d}
"""


def test_customers_come_in_by_every_door() -> None:
    document = parse(ALL_WAYS)
    trials = reading.parse(WAYS_TEST)
    assert reading.faults(trials, document) == []
    assert rehearse(trials.trials[0], Staged(document, ALL_WAYS)).failures == []


def test_the_settings_are_what_they_were(settings: Any) -> None:
    settings.SOJOURN_SANDBOX, settings.SOJOURN_GLOBAL_CONTROL = False, 100
    assert play("{sent: mail}").failures == []
    assert (settings.SOJOURN_SANDBOX, settings.SOJOURN_GLOBAL_CONTROL) == (False, 100)


def test_what_the_engine_cannot_work_off_is_a_failure() -> None:
    error = "Traceback\nKeyError: x"
    SetAside.objects.create(kind="event", ref_id=1, customer_id=1, error=error, at=START)
    assert told("{sent: mail}") == ["The engine could not go on: KeyError: x"]


def test_without_the_right_to_make_a_database_one_is_asked_for() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain")
        cursor.execute("SET LOCAL ROLE plain")
        try:
            with pytest.raises(NoScratch, match="let plain create"):
                require_rights("nowhere_tests")
        finally:
            cursor.execute("RESET ROLE")


LEADS_ON = """
journey: leads-on
enter: {on: {event: Signed Up}, holdout: 50}
goal: {event: Order Completed}
steps:
  - {id: pause, wait: 1d}
  - {id: onward, enroll: all-ways}
"""
LEADS_TEST = """
journey: leads-on
with: all-ways
tests:
  - name: one journey leads into another
    customers: {ann: {email: ann@example.com, plan: pro}, bob: {plan: free}}
    events: [{customer: ann, event: Signed Up}, {customer: bob, event: Signed Up}]
    expect:
      - {customer: ann, enrolled: all-ways, at: 1d}
      - {customer: ann, never: true}
      - {customer: bob, enrolled: all-ways}
"""


def test_other_journeys_may_be_live_too() -> None:
    trials = reading.parse(LEADS_TEST)
    onward = ALL_WAYS.replace("    - {schedule", "    # - {schedule")
    journey, other = Staged(parse(LEADS_ON), LEADS_ON), Staged(parse(onward), onward)
    found = rehearse(trials.trials[0], journey, [other])
    assert [each.message for each in found.failures] == [
        "bob should come into all-ways; instead: no journey"
    ]


OF_SEGMENTS = """
journey: pros
enter: {on: [{segment: pros}, {segment: known, change: left}], again: always}
steps:
  - id: which
    branch: [{if: {segment: pros}, then: hello}]
    else: bye
  - {id: hello, send: {channel: email, subject: Hello, text: t}, then: end}
  - {id: bye, send: {channel: email, subject: Bye, text: t}}
"""
SEGMENTS_TEST = """
journey: pros
segments:
  pros: {attribute: plan, eq: pro}
  known: {all: [{segment: pros}, {event: Signed Up, within: 30d}]}
tests:
  - name: who becomes a pro is greeted, and a month later asked
    customers: {ann: {email: ann@example.com, plan: free}}
    events:
      - {event: Signed Up}
      - {after: 1d, identify: {plan: pro}}
      - {after: 20d, identify: {plan: free}}
    expect:
      - {sent: hello, at: 1d}
      - {sent: bye, at: 21d}
"""


def test_segments_come_with_a_test() -> None:
    trials = reading.parse(SEGMENTS_TEST)
    found = rehearse(trials.trials[0], Staged(parse(OF_SEGMENTS), OF_SEGMENTS))
    assert found.failures == []


def test_a_segment_that_cannot_be_is_told_at_its_place() -> None:
    wrong = SEGMENTS_TEST.replace("{segment: pros}, {event", "{segment: prs}, {event")
    with pytest.raises(DocumentError) as refused:
        reading.parse(wrong)
    (problem,) = refused.value.problems
    assert (problem.path, problem.line) == ("segments.known.all[0].segment", 5)
    assert "is not a segment that exists here" in problem.message


SCORING = """
journey: scoring
enter: {on: {event: Cart Updated}}
steps:
  - id: score
    call: {url: "https://api.example.com/", save: score, on_error: leave}
  - id: which
    branch: [{if: {context: score.value, gte: 5}, then: good}]
    else: end
  - id: good
    update: {set: {points: "{{ context.score.value }}"}}
"""


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("{score: {value: 7}}", "{attributes: {points: '7'}}"),
        ("{score: {value: 2}}", "{attributes: {points: null}}"),
        ("{}", "{passed: [score, which]}"),
        ("{score: null}", "{left: call_failed}"),
    ],
)
def test_a_test_says_what_is_answered_and_nobody_is_called(answers: str, expected: str) -> None:
    text = TEST.replace("journey: abandoned-cart", "journey: scoring") % (
        "",
        "",
        f"      - {expected}",
    )
    trials = reading.parse(
        text.replace("    customers:", f"    answers: {answers}\n    customers:")
    )
    assert reading.faults(trials, parse(SCORING)) == []
    assert rehearse(trials.trials[0], Staged(parse(SCORING), SCORING)).failures == []
