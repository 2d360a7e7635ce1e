"""The preference centre over HTTP: a table of topics and channels, and a pause of everything."""

import datetime as dt

import pytest
from django.test import Client

from channels.models import Message
from channels.operations.dispatch import dispatch
from profiles.models import Consent
from profiles.models import ConsentChange as Entry
from profiles.operations import pauses
from profiles.queries import clock
from tests.database import letters
from tests.http.test_public import assert_private, deployment, path, sent

__all__ = ["deployment"]

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def url() -> str:
    return path(sent(topic="news"), "preferences")


def pause() -> Consent:
    return Consent.objects.get(channel="*")


def end() -> dt.datetime:
    found = pause().until
    assert found is not None
    return found


def test_a_row_for_each_topic_and_a_column_for_each_channel(client: Client, url: str) -> None:
    letters.consent(Message.objects.get().customer_id, "unsubscribed", channel="sms", topic="sale")
    page = client.get(url).content.decode()
    assert page.count('scope="col"') == 2
    assert page.count('scope="row"') == 3
    assert page.count('name="wanted"') == 4
    assert page.count(" checked") == 3


def test_looking_pauses_nothing(client: Client, url: str) -> None:
    for method in (client.get, client.head):
        answer = method(f"{url}?pause=7")
        assert answer.status_code == 200
        assert_private(answer)
    assert not Consent.objects.exists()


@pytest.mark.parametrize("days", [7, 30, 90])
def test_everything_is_paused_until_a_day_and_goes_on_at_a_press(
    client: Client, url: str, days: int
) -> None:
    before = clock.now()
    page = client.post(url, {"pause": str(days)}).content.decode()
    assert "Everything is paused until" in page
    assert 'value="0"' in page
    assert end() - before - days * DAY < dt.timedelta(minutes=1)
    page = client.post(url, {"pause": "0"}).content.decode()
    assert "Everything is paused" not in page
    assert pause().state == "resumed"
    ledger = Entry.objects.order_by("id").values_list("previous", "state", "source")
    assert list(ledger) == [("", "paused", "preferences"), ("paused", "resumed", "preferences")]
    assert set(Entry.objects.values_list("proof__message", flat=True)) == {
        str(Message.objects.get().uid)
    }


@pytest.mark.parametrize("days", ["1", "-7", "x", "7.0", "9999999999", ""])
def test_no_other_pause_is_taken(client: Client, url: str, days: str) -> None:
    assert client.post(url, {"pause": days}).status_code == 200
    assert not Consent.objects.exists()


def test_pausing_saves_the_choices_that_were_shown(client: Client, url: str) -> None:
    client.post(url, {"pause": "7", "shown": ["email/news"]})
    assert set(Consent.objects.values_list("channel", "topic", "state")) == {
        ("*", "", "paused"), ("email", "news", "unsubscribed"),
    }  # fmt: skip


def test_a_paused_customer_is_skipped_and_hears_again_when_it_ends(
    client: Client, url: str
) -> None:
    customer = Message.objects.get().customer_id
    client.post(url, {"pause": "7"})
    over = end()
    due = over - DAY
    letters.enqueue([customer], channels=("email", "sms"), step="two", send_after=due)
    letters.enqueue([customer], purpose="transactional", step="three", send_after=due)
    dispatch(now=due)
    assert letters.statuses(step="two") == {"skipped:paused": 1}
    assert letters.statuses(step="three") == {"sent": 1}
    assert pauses.end_due(now=over - dt.timedelta(seconds=1)) == 0
    assert pauses.end_due(now=over) == 1
    assert pauses.end_due(now=over) == 0
    assert (pause().state, pause().at, pause().source) == ("resumed", over, "pause")
    letters.enqueue([customer], step="four", send_after=over)
    dispatch(now=over)
    assert letters.statuses(step="four") == {"sent": 1}


def test_a_pause_made_longer_ends_at_its_new_end(client: Client, url: str) -> None:
    client.post(url, {"pause": "7"})
    first = end()
    client.post(url, {"pause": "30"})
    assert pauses.end_due(now=first) == 0
    assert pause().state == "paused"


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_the_page_is_small_in_every_language(client: Client, locale: str) -> None:
    message = sent(topic="news", locale=locale)
    for topic in ("sale", "events", "restock"):
        letters.consent(message.customer_id, "subscribed", topic=topic)
        letters.consent(message.customer_id, "subscribed", topic=topic, channel="sms")
    url = path(message, "preferences")
    for answer in (client.get(url), client.post(url, {"pause": "7"})):
        assert len(answer.content) <= 5 * 1024
        assert b"<script" not in answer.content
    assert ("Всё приостановлено" in answer.content.decode()) == (locale == "ru")
