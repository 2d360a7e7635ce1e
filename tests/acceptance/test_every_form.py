"""Every trigger, wait, step and edit once, through the API of a running Sojourn in the sandbox, on
its test clock: the whole as a user finds it. What each form means is tested on the engine itself.
"""

import re
from collections.abc import Iterator

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.stories import DAY, Story

pytestmark = pytest.mark.long
MAIL = "- {id: mail, send: {channel: email, subject: Hello, text: Hello}}\n"
COME = "{event: Come}"
SLUG = re.compile("[^a-z0-9]+")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Installation]:
    with Installation(SOJOURN_SANDBOX="1", SOJOURN_GLOBAL_CONTROL="0") as installation:
        yield installation


@pytest.fixture
def story(sandbox: Installation, request: pytest.FixtureRequest) -> Iterator[Story]:
    told = Story(sandbox, SLUG.sub("-", request.node.name.removeprefix("test_"))[:50].strip("-"))
    yield told
    told.close()


def enter(*triggers: str, more: str = "") -> str:
    return f"enter: {{on: [{', '.join(triggers)}]{more}}}\nsteps:\n"


def send(id: str, then: str = "") -> str:
    """A step that sends one e-mail."""
    onward = f", then: {then}" if then else ""
    return f"- {{id: {id}, send: {{channel: email, subject: Hi, text: Hi}}{onward}}}\n"


# Triggers.


def test_events_let_in_by_their_properties_and_the_audience(story: Story) -> None:
    more = ", if: {attribute: country, eq: DE}"
    story.journey(enter("{event: Come, where: {plan: {eq: pro}}}", more=more) + MAIL)
    story.meets("ann", "ben", country="DE")
    story.meets("cat", country="FR")
    story.does("ann", "Come", plan="pro")
    story.does("ben", "Come", plan="free")
    story.does("cat", "Come", plan="pro")
    assert story.sent() == [("ann", "mail", 0)]
    assert story.reasons("cat") == ["refused_audience"]


def test_segments_let_in_who_comes_goes_and_is_there(story: Story) -> None:
    slug, left = "buyers-of-the-week", f"{story.name}-left"
    story.meets("ann", "ben")
    story.does("ann", "Bought This Week")
    story.segment(slug, {"event": "Bought This Week", "within": "7d"})
    story.journey(enter(f"{{segment: {slug}, existing: true}}") + MAIL)
    story.journey(enter(f"{{segment: {slug}, change: left}}") + MAIL, name=left)
    story.passes("1d")
    story.does("ben", "Bought This Week")
    story.passes("8d")
    assert story.sent() == [("ann", "mail", 0), ("ben", "mail", 24)]
    assert story.sent(name=left) == [("ann", "mail", 168), ("ben", "mail", 192)]


def test_stages_and_lifecycle_segments_let_in_who_moves(story: Story) -> None:
    story.journey(
        enter("{stage: conversion}", "{lifecycle: cart_holder}", more=", again: always") + MAIL
    )
    story.meets("ann")
    story.does("ann", "Product Added", product_id="tea")
    story.passes("1h")
    story.does("ann", "Order Completed", order_id="stage-1", revenue=20)
    assert story.sent() == [("ann", "mail", 0), ("ann", "mail", 1)]


def test_dates_come_by_the_customers_clock_and_move_with_it(story: Story) -> None:
    story.until(6)
    story.journey(enter('{date: renews_at, offset: -5d, at: "10:00"}') + MAIL)
    first, moved = ((story.began + days * DAY).date().isoformat() for days in (10, 12))
    story.meets("ann", "ben", renews_at=first, timezone="Europe/Moscow")
    story.meets("ben", renews_at=moved, timezone="Europe/Moscow")
    story.passes("9d")
    assert story.sent() == [("ann", "mail", 121), ("ben", "mail", 169)]


def test_anniversaries_come_every_year(story: Story) -> None:
    story.until(6)
    story.journey(enter('{date: born, at: "09:00", yearly: true}', more=", again: always") + MAIL)
    born = (story.began + 2 * DAY).replace(year=1992).date().isoformat()  # which had a 29 February
    story.meets("ann", born=born, timezone="UTC")
    story.passes("3d")
    assert story.sent() == [("ann", "mail", 51)]


def test_schedules_come_by_the_workspaces_clock_or_each_ones_own(story: Story) -> None:
    story.until(6)
    story.meets("ann", timezone="Asia/Kolkata", circle="clocks")
    story.meets("ben", timezone="America/New_York", circle="clocks")
    more = ", if: {attribute: circle, eq: clocks}, again: always"
    at = f"{(story.began + DAY).date()}T15:30"
    story.journey(enter(f'{{schedule: "{at}", local: true}}', more=more) + MAIL)
    daily = f"{story.name}-daily"
    story.journey(enter('{cron: "0 12 * * *"}', more=more) + MAIL, name=daily)
    story.passes("2d")
    (ann, ben) = story.sent()
    assert (ann, ben[:2]) == (("ann", "mail", 28), ("ben", "mail"))
    assert ben[2] in (37.5, 38.5)  # New York's summer and winter
    assert [hours for _, _, hours in story.sent(name=daily)] == [6, 6, 30, 30]


def test_calls_and_other_journeys_let_in(story: Story) -> None:
    other = f"{story.name}-on"
    story.journey(
        enter("{api: true}")
        + "- {id: said, send: {channel: email, subject: S, text: '{{ entry.gift }}'}}",
        name=other,
    )
    story.journey(enter("{api: true}") + f"- {{id: on, enroll: {other}}}\n" + MAIL)
    story.meets("ann")
    body = {"customers": [f"user_id:{story.user('ann')}"], "properties": {"gift": "tea"}}
    assert story.ask("POST", f"/journeys/{story.name}/enroll", body)["enrolled"] == 1
    story.settle()
    assert story.sent() == [("ann", "mail", 0)]
    assert story.sent(name=other) == [("ann", "said", 0)]


def test_keys_and_again_say_how_often(story: Story) -> None:
    more = ", key: cart, again: {after: 2d}"
    story.journey(enter(COME, "{event: Came Too}", more=more) + "- {id: pause, wait: 1h}\n" + MAIL)
    story.meets("ann")
    for event, cart in (("Come", "a"), ("Came Too", "b"), ("Come", "a")):
        story.does("ann", event, cart=cart)
    story.passes("1d")
    story.does("ann", "Come", cart="a")
    story.passes("2d")
    story.does("ann", "Come", cart="a")
    story.passes("1d")
    assert [hours for _, _, hours in story.sent()] == [1, 1, 73]
    assert story.reasons("ann").count("refused_already_in") == 1
    assert story.reasons("ann").count("refused_too_soon") == 1


def test_limits_hold_the_rest_back(story: Story) -> None:
    story.until(6)
    story.journey(enter(COME, more=", limits: {day: [1, 2], total: 4}") + MAIL)
    names = ["ann", "ben", "cat", "dan", "eve"]
    story.meets(*names)
    for _ in range(3):
        for name in names:
            story.does(name, "Come")
        story.passes("1d")
    assert [(name, hours) for name, _, hours in story.sent()] == [
        ("ann", 0), ("ben", 24), ("cat", 24), ("dan", 48),
    ]  # fmt: skip
    assert "refused_limit" in story.reasons("eve")


# Waits.


def test_waits_by_duration_and_by_the_clock(story: Story) -> None:
    story.until(6, weekday=4)
    story.journey(
        enter(COME)
        + "- {id: hour, wait: 90m}\n" + send("first")
        + '- {id: monday, wait: {until: "09:00", on: [mon]}}\n' + send("second")
        + '- {id: night, wait: {window: "22:00-06:00"}}\n' + send("third")
    )  # fmt: skip
    story.meets("ann", timezone="UTC")
    story.does("ann", "Come")
    story.passes("5d")
    assert story.sent() == [("ann", "first", 1.5), ("ann", "second", 75), ("ann", "third", 88)]


def test_waits_for_dates_and_what_if_they_are_past(story: Story) -> None:
    story.until(6)
    story.journey(
        enter(COME)
        + "- {id: show, wait: {date: entry.at, offset: -2h}}\n" + send("soon")
        + "- {id: renewal, wait: {date: renews_at, if_past: skip}}\n" + send("renewed")
        + send("past")
        + "- {id: over, wait: {date: renews_at, if_past: leave}}\n" + send("never")
    )  # fmt: skip
    story.meets("ann", renews_at=(story.began - DAY).isoformat(), timezone="UTC")
    story.does("ann", "Come", at=(story.began + DAY).isoformat())
    story.passes("2d")
    assert sorted(story.sent()) == [("ann", "past", 22), ("ann", "soon", 22)]
    assert story.reasons("ann")[-1] == "date_past"


WAITING = """- id: bought
  wait_for:
    any:
      - {event: Paid, where: {cart: {is: entry.cart}}, then: thanks}
      - {if: {attribute: tired, eq: true}, then: end}
    timeout: 2d
    then: nudge
    since: %s
"""


def test_waits_for_one_of_several_things_or_in_vain(story: Story) -> None:
    story.journey(
        enter(COME, more=", key: cart") + WAITING % "step" + send("nudge", "end") + send("thanks")
    )
    story.meets("ann", "ben")
    for cart in ("a", "b", "c"):
        story.does("ann", "Come", cart=cart)
    story.does("ben", "Come", cart="d")
    story.passes("1h")
    story.does("ann", "Paid", cart="b")
    story.meets("ben", tired=True)
    story.passes("3d")
    assert story.sent() == [("ann", "thanks", 1), ("ann", "nudge", 48), ("ann", "nudge", 48)]


def test_what_happened_since_entry_counts_at_once(story: Story) -> None:
    pause = "- {id: pause, wait: 1h}\n"
    story.journey(enter(COME) + pause + WAITING % "entry" + send("nudge", "end") + send("thanks"))
    story.meets("ann")
    story.does("ann", "Come", cart="a")
    story.does("ann", "Paid", cart="a")
    story.passes("3d")
    assert story.sent() == [("ann", "thanks", 1)]
    assert "met_at_once" in story.reasons("ann")


# Steps.


def test_branches_splits_and_variants(story: Story) -> None:
    story.journey(
        enter(COME)
        + "- {id: who, branch: [{if: {attribute: plan, eq: pro}, then: test}], else: plain}\n"
        + send("plain", "end")
        + "- {id: test, split: [{arm: x, share: 100, then: two}, {arm: no, share: 0, then: end}]}\n"
        + "- id: two\n  send:\n    channel: email\n"
        + "    variants: {a: {subject: A, text: A}, b: {subject: B, text: B}}\n"
    )  # fmt: skip
    story.meets("ann", "cat", "dan", plan="pro")
    story.meets("ben", plan="free")
    for name in ("ann", "ben", "cat", "dan"):
        story.does(name, "Come")
    assert sorted(story.sent())[1] == ("ben", "plain", 0)
    assert sorted(step for _, step, _ in story.sent()) == ["plain", "two", "two", "two"]
    assert set(story.texts()) <= {"A", "B", "Hi"}


def test_channels_in_order_and_what_if_none_can_be_reached(story: Story) -> None:
    story.journey(
        enter(COME)
        + "- id: any\n  send: {channel: [push, sms], text: Hi, title: T, body: B, on_skip: leave}\n"
        + "- {id: pause, wait: 1h}\n"
        + MAIL
    )
    story.meets("ann", phone="+12025550171")
    story.meets("ben")
    story.does("ann", "Come")
    story.does("ben", "Come")
    story.passes("1d")
    assert story.sent() == [("ann", "any", 0), ("ann", "mail", 1)]
    assert story.reasons("ben")[-1] == "left_by_rule"


def test_updates_change_the_profile_and_consents(story: Story) -> None:
    story.journey(
        enter(COME)
        + "- id: mark\n  update:\n    set: {greeting: 'Dear {{ customer.firstName }}'}\n"
        + "    unset: [nickname]\n    unsubscribe: {channel: email, topic: news}\n"
        + "- id: said\n  send:\n    channel: email\n    subject: S\n"
        + "    text: '{{ customer.greeting }}{{ customer.nickname }}'\n"
        + "- {id: news, send: {channel: email, topic: news, subject: N, text: N}}\n"
    )  # fmt: skip
    story.meets("ann", firstName="Ann", nickname="A")
    story.does("ann", "Come")
    assert "Dear Ann" in story.texts()
    assert story.sent() == [("ann", "said", 0)]


def test_calls_are_answered_and_their_answers_asked(story: Story) -> None:
    story.journey(
        enter(COME)
        + "- {id: ask, call: {url: 'https://api.example.com/score', save: score}}\n"
        + "- {id: what, branch: [{if: {context: score.value, exists: true}, then: end}]}\n" + MAIL
    )  # fmt: skip
    story.meets("ann")
    story.does("ann", "Come")
    assert story.sent() == [("ann", "mail", 0)]
    assert [each for each in story.reasons("ann") if each.startswith("call")] == [
        "call_made", "call_answered",
    ]  # fmt: skip


def test_loops_are_walked_and_guarded(story: Story) -> None:
    story.journey(
        enter(COME) + "- {id: pause, wait: 1h}\n"
        + "- {id: more, branch: [{if: {event: Enough}, then: mail}], else: pause}\n" + MAIL
    )  # fmt: skip
    story.meets("ann", "ben")
    story.does("ann", "Come")
    story.does("ben", "Come")
    story.passes("5h")
    story.does("ann", "Enough")
    story.passes("5d")
    assert story.sent() == [("ann", "mail", 6)]
    assert story.reasons("ben")[-1] == "visit_limit"


# Leaving and goals.


def test_rules_let_customers_leave_and_goals_count_afterwards(story: Story) -> None:
    story.journey(
        "goal: {event: Paid, within: 7d, value: revenue}\n"
        "leave:\n  on: [{event: Gone, where: {cart: {is: entry.cart}}}]\n"
        "  if: {attribute: tired, eq: true}\n"
        + enter(COME) + "- {id: pause, wait: 1d}\n" + MAIL
    )  # fmt: skip
    story.meets("ann", "ben", "cat")
    for name in ("ann", "ben", "cat"):
        story.does(name, "Come", cart=name)
    story.does("ann", "Gone", cart="ann")
    story.does("ben", "Gone", cart="another")
    story.meets("cat", tired=True)
    story.passes("2d")
    story.does("ann", "Paid", revenue=30)
    assert story.sent() == [("ben", "mail", 24)]
    assert [story.reasons(name)[-1] for name in ("ann", "cat")] == ["left_by_rule"] * 2
    totals = story.report()["totals"]
    assert (totals["converted"], totals["value"], totals["left"]) == (1, 30, 2)


# Changing what is live.


def test_a_new_version_takes_customers_along(story: Story) -> None:
    old = enter(COME) + "- {id: pause, wait: 10d}\n- {id: more, wait: 10d}\n" + send("mail")
    story.journey(old)
    story.meets("ann")
    story.does("ann", "Come")
    story.passes("1d")
    story.journey(enter(COME) + "- {id: pause, wait: 2d}\n- {id: more, wait: 1d}\n" + send("mail"))
    story.passes("5d")
    assert story.sent() == [("ann", "mail", 72)]


@pytest.mark.parametrize(
    ("to", "sent"), [("mail", [24]), ("stay", [240]), ("leave", []), ("rest", [48])]
)
def test_a_removed_step_sends_its_customers_on(story: Story, to: str, sent: list[float]) -> None:
    story.journey(enter(COME) + "- {id: pause, wait: 10d}\n" + send("mail"))
    story.meets("ann")
    story.does("ann", "Come")
    story.passes("1d")
    new = enter(COME) + "- {id: rest, wait: 1d}\n" + send("mail")
    body = {"document": f"journey: {story.name}\n{new}", "revision": 1}
    story.ask("PUT", f"/journeys/{story.name}", body)
    plan = story.ask("POST", f"/journeys/{story.name}/plan", {"move": {"pause": to}})["steps"]
    (removed,) = [each for each in plan if each["change"] == "removed"]
    assert (removed["id"], removed["standing"], removed["goes_to"]) == ("pause", 1, to)
    story.journey(new, move={"pause": to})
    story.passes("12d")
    assert [hours for _, _, hours in story.sent()] == sent


@pytest.mark.parametrize(("clock", "sent"), [("freeze", 96), ("run", 72)])
def test_a_pause_holds_everybody(story: Story, clock: str, sent: float) -> None:
    story.journey(enter(COME) + "- {id: pause, wait: 2d}\n" + MAIL)
    story.meets("ann", "ben")
    story.does("ann", "Come")
    story.passes("1d")
    story.ask("POST", f"/journeys/{story.name}/pause", {"clock": clock})
    story.does("ben", "Come")
    story.passes("2d")
    story.ask("POST", f"/journeys/{story.name}/resume", {"overdue": "run"})
    story.settle()
    story.passes("3d")
    assert story.sent() == [("ann", "mail", sent)]


def test_an_old_version_comes_back_and_a_stopped_one_sends_nothing(story: Story) -> None:
    story.journey(enter(COME) + "- {id: pause, wait: 1d}\n" + send("first"))
    story.journey(enter(COME) + "- {id: pause, wait: 1d}\n" + send("second"))
    path = f"/journeys/{story.name}"
    story.ask("POST", f"{path}/restore", {"version": 1, "revision": 2})
    assert story.ask("POST", f"{path}/publish", {"confirm": True})["version"] == 3
    story.meets("ann", "ben")
    story.does("ann", "Come")
    story.passes("1d")
    story.does("ben", "Come")
    assert story.ask("POST", f"{path}/stop")["left"] == 1
    story.passes("2d")
    assert story.sent() == [("ann", "first", 24)]
    assert story.reasons("ben")[-1] == "journey_stopped"
