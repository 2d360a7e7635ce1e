"""What a customer is spared: too much, at night, and after they said stop. On a running Sojourn."""

from collections.abc import Iterator

import pytest

from tests.acceptance.installation import Installation
from tests.acceptance.stories import Story

pytestmark = pytest.mark.long
JOURNEY = """priority: {priority}
enter: {{on: [{{event: Come}}]}}
steps:
- {{id: pause, wait: {wait}}}
- {{id: mail, send: {{channel: [email, sms], subject: Hi, text: Hi, on_cap: {on_cap}}}}}
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Installation]:
    with Installation(
        SOJOURN_SANDBOX="1",
        SOJOURN_GLOBAL_CONTROL="0",
        SOJOURN_QUIET_HOURS="21:00-09:00",
        SOJOURN_SMS_HOURS="",
    ) as installation:
        yield installation


def journey(*, priority: int = 50, wait: str = "0s", on_cap: str = "skip") -> str:
    return JOURNEY.format(priority=priority, wait=wait, on_cap=on_cap)


def test_two_a_week_in_three_journeys_are_the_two_that_matter_most(sandbox: Installation) -> None:
    story = Story(sandbox, "capped")
    story.until(12)
    story.ask("PUT", "/caps/two-a-week", {"most": 2, "hours": 168})
    for name, priority in (("low", 10), ("high", 90), ("middle", 50)):
        story.journey(journey(priority=priority, wait="1h"), name=f"capped-{name}")
    story.meets("ann", timezone="UTC")
    story.does("ann", "Come")
    story.passes("3d")
    assert story.sent(name="capped-high") == [("ann", "mail", 1)]
    assert story.sent(name="capped-middle") == [("ann", "mail", 1)]
    assert story.sent(name="capped-low") == []
    (message,) = story.ask("GET", "/messages?journey=capped-low")["items"]
    assert (message["status"], message["reason"]) == ("skipped", "frequency_cap")
    assert sandbox.api.delete("/caps/two-a-week").status_code == 204
    story.close()


def test_room_is_kept_for_a_wait_that_ends_soon(sandbox: Installation) -> None:
    """The lesser message would go at once; the greater one's wait ends in an hour."""
    story = Story(sandbox, "kept")
    story.until(12)
    story.ask("PUT", "/caps/one-a-day", {"most": 1, "period": "day", "reserve_hours": 2})
    story.journey(journey(priority=90, wait="1h"), name="kept-high")
    story.journey(journey(priority=10, on_cap="defer"), name="kept-low")
    story.meets("ann", timezone="UTC")
    story.does("ann", "Come")
    story.passes("2d")
    assert story.sent(name="kept-high") == [("ann", "mail", 1)]
    assert story.sent(name="kept-low") == [("ann", "mail", 21)]  # nine o'clock of the next day
    sandbox.api.delete("/caps/one-a-day")
    story.close()


def test_what_is_due_at_three_arrives_at_nine(sandbox: Installation) -> None:
    story = Story(sandbox, "night")
    story.until(3)
    story.journey(journey())
    story.meets("ann", timezone="UTC")
    story.meets("ben", timezone="Asia/Tokyo")
    for name in ("ann", "ben"):
        story.does(name, "Come")
    story.passes("1d")
    assert story.sent() == [("ben", "mail", 0), ("ann", "mail", 6)]
    story.close()


def test_a_halt_keeps_messages_and_lifting_it_lets_them_go(sandbox: Installation) -> None:
    story = Story(sandbox, "halted")
    story.until(10)
    story.journey(journey())
    halt = story.ask("POST", "/halts", {"scope": "journey", "name": "halted", "reason": "price"})
    story.meets("ann", timezone="UTC")
    story.does("ann", "Come")
    story.passes("1h")
    assert story.sent() == []
    assert [each["name"] for each in story.ask("GET", "/halts")["items"]] == ["halted"]
    assert sandbox.api.delete(f"/halts/{halt['id']}").status_code == 204
    story.settle()
    assert story.sent() == [("ann", "mail", 1)]
    story.close()
