"""Whatever customers are called, their messages carry just that: the whole big list, every channel.

A name that would break out of a header ends its own message, with the reason, and no other.
"""

import datetime as dt
import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from channels.models import Message
from channels.operations import outbox
from channels.operations.dispatch import dispatch
from profiles.queries import clock
from tests.channels.providers import VAPID
from tests.database import letters
from tests.database.letters import NOW
from tests.emulators.push import Push
from tests.emulators.sendgrid import SendGrid
from tests.emulators.smtp import MailServer
from tests.emulators.telegram import Telegram
from tests.emulators.twilio import Twilio
from tests.emulators.webhook import SECRET, Webhook
from tests.naughty import ALL, STRINGS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("providers")]
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NAME = "{{ customer.firstName }}"
MAIL = {
    "subject": f"For {NAME}!",
    "html": f"<p title=\"{NAME}\" class='{NAME}'>{NAME}</p>"
    f'<a href="https://shop.example/{{{{ customer.firstName|urlencode }}}}">Go</a>'
    f'<a href="{NAME}">{{{{ entry.cart }}}}</a>',
    "text": f"For {NAME}!",
    "headers": {"X-Name": f"<{NAME}>"},
}
SHORT = {"text": f"For {NAME}! {{{{ entry.cart }}}}"}
SHOWN = {
    "title": f"For {NAME}!",
    "text": f"For {NAME}!",
    "url": NAME,
    "image": "https://shop.example/{{ customer.firstName[:30]|urlencode }}.png",
    "data": {"name": NAME, "deep": [{"name": NAME}]},
}


def everybody(body: dict[str, Any], channel: str, at: dt.datetime = NOW) -> dict[str, str]:
    """A message to a customer of every name in the list. Returns the names by message."""
    people = letters.customers(len(ALL))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_customer SET attributes = jsonb_build_object("
            " 'firstName', given.name, 'deep', jsonb_build_object(given.name, ARRAY[given.name]))"
            " FROM unnest(%s::bigint[], %s::text[]) given(id, name)"
            " WHERE profiles_customer.id = given.id",
            [people, list(ALL)],
        )
    stored = letters.content(body)
    drafts = [
        letters.draft(
            customer, stored, channels=(channel,), send_after=at,
            context={"entry": {"cart": name, name: name}, "context": {}},
        )
        for customer, name in zip(people, ALL, strict=True)
    ]  # fmt: skip
    outbox.enqueue(drafts, now=NOW)
    named = dict(zip(people, ALL, strict=True))
    return {
        str(uid): named[customer]
        for uid, customer in Message.objects.values_list("uid", "customer")
    }


def leave(at: dt.datetime = NOW) -> None:
    while dispatch(now=at).claimed:
        pass


def checked(
    named: dict[str, str], got: dict[str, Any], *, one_line: bool
) -> Iterator[tuple[str, Any]]:
    """(name, what arrived) of each; those which are missing could have forged a header."""
    assert set(got) <= set(named)
    for uid in set(named) - set(got):
        message = Message.objects.get(uid=uid)
        assert message.status == "failed", (named[uid], message.status, message.reason)
        assert message.reason in {"content_error", "unsafe_header"}, named[uid]
        assert one_line, named[uid]
        assert BREAKS.search(named[uid]), named[uid]
    assert len(got) >= len(STRINGS) - 6
    for uid, arrived in got.items():
        assert Message.objects.filter(uid=uid, status="sent").exists()
        yield named[uid], arrived


class Tags(HTMLParser):
    """The tags of a page with their attributes, and all its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[int, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text[len(self.tags)] = self.text.get(len(self.tags), "") + data


def page_is_whole(name: str, html: str, client: Client) -> None:
    """Nothing but the author's own tags, and no link that leads where it was not written to."""
    page = Tags(html)
    assert [tag for tag, _ in page.tags] == ["p", "a", "a", "img", "p", "a"], name
    (_, shown), (_, fixed), (_, free), *_rest = page.tags
    assert (set(shown), set(free)) == ({"title", "class"}, {"href"}), name
    assert _plain(page.text.get(1, "")) == _plain(name)
    assert _plain(shown["title"] or "") == _plain(shown["class"] or "") == _plain(name)
    assert _plain(page.text.get(3, "")) == _plain(name)
    answer = client.get(urlsplit(fixed["href"] or "").path)
    assert answer.status_code == 302, name
    assert answer["Location"].startswith("https://shop.example/"), name
    assert urlsplit(answer["Location"]).netloc == "shop.example", name
    if free["href"] != "#" and not (free["href"] or "").startswith(("mailto:", "tel:")):
        led = client.get(urlsplit(free["href"] or "").path)
        assert led.status_code == 302, name
        assert led["Location"].lower().startswith(("http://", "https://")), name


def _plain(text: str) -> str:
    """As HTML keeps it: line ends are one thing."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def test_mails_through_sendgrid(sendgrid: SendGrid, client: Client) -> None:
    named = everybody(MAIL, "email")
    leave()
    got = {item["uid"]: item for item in sendgrid.accepted}
    for name, mail in checked(named, got, one_line=True):
        assert mail["subject"] == f"For {name}!"
        assert set(mail["headers"]) == {"X-Name", "List-Unsubscribe", "List-Unsubscribe-Post"}
        assert mail["headers"]["X-Name"] == f"<{name}>"
        assert mail["to"].endswith("@example.com")
        assert mail["text"].startswith(f"For {name}!")
        page_is_whole(name, mail["html"], client)


HEADERS = {
    *("Date", "From", "To", "Subject", "Message-ID", "X-Name", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "MIME-Version", "Content-Type"),
}


@pytest.mark.long
def test_mails_through_smtp(client: Client) -> None:
    with MailServer() as server:
        letters.account("smtp", "email", url=server.url.replace("http://", "smtp://"))
        named = everybody(MAIL, "email")
        leave()
    got = {item["uid"]: item for item in server.accepted}
    assert {item["to"] for item in server.accepted} <= {f"c{n}@example.com" for n in range(1, 999)}
    for name, item in checked(named, got, one_line=True):
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", item["raw"]), name
        assert max(map(len, item["raw"].split(b"\r\n"))) <= 998
        mail = message_from_bytes(item["raw"], policy=policy.default, _class=EmailMessage)
        assert sorted(mail.keys()) == sorted(HEADERS), name
        assert _words(mail["Subject"]) == _words(f"For {name}!")
        plain, html = (part.get_content() for part in mail.iter_parts())
        assert _plain(plain).startswith(_plain(f"For {name}!"))
        page_is_whole(name, html, client)


def _words(text: str) -> list[str]:
    """Of a header: where it is folded, spaces are one thing."""
    return str(text).split()


def test_sms_through_twilio() -> None:
    with Twilio() as server:
        letters.account(
            "twilio", "sms", account_sid=server.account_sid, auth_token=server.auth_token,
            base_url=server.url,
        )  # fmt: skip
        named = everybody(SHORT, "sms")
        leave()
    assert {item["sender"] for item in server.accepted} == {"+15550001111"}
    got = {item["uid"]: item for item in server.accepted}
    for name, sms in checked(named, got, one_line=False):
        assert sms["text"] == f"For {name}! {name}"


def _chats() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO channels_device (customer_id, kind, endpoint, p256dh, auth, user_agent,"
            " created_at, last_seen_at)"
            " SELECT id, 'telegram', (100000 + id)::text, '', '', '', %s, %s"
            " FROM profiles_customer",
            [NOW, NOW],
        )


def test_chats_through_telegram() -> None:
    content = {
        **SHORT,
        "title": f"For {NAME}!",
        "data": {"buttons": [{"text": f"a{NAME}", "action": "ok"}]},
    }
    with Telegram() as server:
        letters.account("telegram", "telegram", token=server.token, base_url=server.url)
        named = everybody(content, "telegram")
        _chats()
        leave()
    got = {item["uid"]: item for item in server.accepted}
    for name, chat in checked(named, got, one_line=True):
        title = f"For {name}!".strip()
        assert chat["text"] == f"{title}\n\nFor {name}! {name}".rstrip()
        assert chat["mode"] == ""
        assert chat["entities"] == [
            {"type": "bold", "offset": 0, "length": len(title.encode("utf-16-le")) // 2}
        ]
        assert [[button["text"] for button in row] for row in chat["buttons"]] == [
            [f"a{name}".strip()]
        ]


def shown_is_whole(name: str, shown: dict[str, Any], client: Client) -> None:
    assert shown["title"] == f"For {name}!"
    assert shown["data"] == {"name": name, "deep": [{"name": name}]}
    assert urlsplit(shown.get("image") or "https://shop.example").netloc == "shop.example"
    if shown.get("url") not in (None, "", "#"):
        if shown["url"].startswith(("mailto:", "tel:")):
            return
        led = client.get(urlsplit(shown["url"]).path)
        assert led.status_code == 302, name
        assert led["Location"].lower().startswith(("http://", "https://")), name


def test_messages_to_another_system(client: Client) -> None:
    with Webhook() as server:
        letters.account(
            "webhook", "webhook", url=f"{server.url}/in", secret=SECRET, allow_private="1"
        )
        named = everybody(SHOWN, "webhook")
        leave()
    for name, shown in checked(named, server.messages, one_line=True):
        assert shown["text"] == f"For {name}!"
        assert set(shown) == {
            "type",
            "id",
            "to",
            "channel",
            "at",
            "title",
            "body",
            "text",
            "url",
            "image",
            "data",
        }
        shown_is_whole(name, shown, client)


def test_pushes_to_browsers(client: Client) -> None:
    with Push() as server:
        letters.account(
            "webpush", "push", private_key=VAPID, subject="mailto:o@example.com", allow_private="1"
        )
        named = everybody(SHOWN, "push", clock.now())
        for customer in Message.objects.values_list("customer", flat=True):
            given = server.subscribe()
            letters.device(customer, given["endpoint"], **given["keys"])
        leave(clock.now())
        got = {shown["tag"]: shown for shown in server.opened()}
    for name, shown in checked(named, got, one_line=True):
        assert shown["body"] == f"For {name}!"
        shown_is_whole(name, shown, client)
