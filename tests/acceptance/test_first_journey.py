"""A customer walks through a journey over three channels, and everything about it can be seen."""

import re
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import httpx
import pytest
from segment.analytics.client import Client

from tests.acceptance.installation import WRITE_KEY, Installation
from tests.acceptance.providers import Providers
from tests.config.processes import until

get, post = partial(httpx.get, timeout=60), partial(httpx.post, timeout=60)
BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

LINES = count(1000)
"""Nobody gets the telephone line of somebody else."""


def hello(page: str) -> dict[str, Any]:
    """Three messages, and the page that they lead to."""
    return {
        "journey": "hello",
        "enter": {"on": [{"event": "Signed Up"}], "again": "always"},
        "goal": {"event": "Order Completed", "within": "7d", "value": "revenue"},
        "steps": [
            {
                "id": "mail",
                "send": {
                    "channel": "email",
                    "subject": "Hello {{ customer.firstName }}",
                    "html": f'<p>Good to see you. <a href="{page}">Look around</a></p>',
                    "text": "Good to see you.",
                },
            },
            {"id": "sms", "send": {"channel": "sms", "text": "Your code is {{ entry.code }}"}},
            {
                "id": "push",
                "send": {"channel": "push", "title": "Hi", "body": "{{ entry.code }}", "url": page},
            },
        ],
    }


class Person(NamedTuple):
    """A customer who has walked through the journey, and what reached them."""

    name: str
    email: str
    phone: str
    mail: dict[str, Any]
    sms: dict[str, Any]

    def link(self, kind: str) -> str:
        """One of the addresses in the mail: an open, a click or an unsubscribe."""
        found = re.search(rf'"(http://[^"]+/{kind}/[^"]+)"', self.mail["html"])
        assert found, self.mail["html"]
        return found[1]


class World:
    """The shop's customers, its journey and its providers."""

    def __init__(self, shop: Installation, providers: Providers) -> None:
        self.shop = shop
        self.providers = providers

    def meets(self, name: str) -> Person:
        """Somebody signs up by the official client, with a browser that takes push messages."""
        email, phone = f"{name}@example.com", f"+1202555{next(LINES):04}"
        failures: list[Exception] = []
        client = Client(
            WRITE_KEY,
            host=self.shop.url,
            timeout=60,
            on_error=lambda error, _batch: failures.append(error),
        )
        client.identify(name, {"email": email, "phone": phone, "firstName": name.title()})
        client.flush()
        self.subscribes(name)
        client.track(name, "Signed Up", {"code": name})
        client.flush()
        client.shutdown()
        assert failures == []
        until(lambda: self.sent(email) and self.sent(phone) and self.pushed(name))
        (mail,), (sms,) = self.sent(email), self.sent(phone)
        person = Person(name, email, phone, mail, sms)
        until(lambda: {status for _, status, _ in self.statuses(person)} == {"sent"})
        return person

    def subscribes(self, name: str) -> None:
        door = f"{self.shop.url}/push/subscriptions"
        given = {"writeKey": WRITE_KEY, "userId": name}
        body = {**given, "subscription": self.providers.push.subscribe()}
        answer = post(door, json=body)
        assert answer.status_code == 200, answer.text

    def sent(self, address: str) -> list[dict[str, Any]]:
        """What the providers took for an address."""
        taken = [*self.providers.mail.accepted, *self.providers.sms.accepted]
        return [message for message in taken if message["to"] == address]

    def pushed(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.providers.push.opened() if each["body"] == name]

    def signs_up_again(self, person: Person) -> None:
        """Another walk through the journey, until its last message is decided about."""
        before = self.statuses(person)
        body = {"userId": person.name, "event": "Signed Up", "properties": {"code": "again"}}
        assert self.shop.web.post("/v1/track", json=body).status_code == 200
        until(lambda: len(self.decided(person)) == len(before) + 3)

    def statuses(self, person: Person) -> list[tuple[str, str, str]]:
        """Step, status and reason of the person's messages, oldest first."""
        return self.shop.rows(  # type: ignore[return-value]
            "SELECT m.step, m.status, m.reason FROM channels_message m"
            " JOIN profiles_identifier i ON i.customer_id = m.customer_id"
            " WHERE i.kind = 'user_id' AND i.value = %s ORDER BY m.id",
            person.name,
        )

    def decided(self, person: Person) -> list[tuple[str, str, str]]:
        return [each for each in self.statuses(person) if each[1] not in ("queued", "sending")]

    def reports(self, events: list[dict[str, Any]]) -> int:
        """SendGrid calls back; what we answer."""
        (status,) = self.providers.mail.post(self.callback("sendgrid"), events)
        return status

    def callback(self, provider: str, door: str = "") -> str:
        return f"{self.shop.url}/callbacks/{provider}/{provider}{door}"

    def step(self, name: str) -> dict[str, Any]:
        steps: list[dict[str, Any]] = self.shop.report("hello")["steps"]
        return next(step for step in steps if step["id"] == name)

    def everything(self) -> list[Any]:
        """The tables that a callback may change."""
        return [
            self.shop.number(f"SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM {table} t")
            for table in (
                "channels_message", "channels_receipt", "channels_suppression", "profiles_consent",
            )
        ]  # fmt: skip


@pytest.fixture(scope="module")
def world(shop: Installation, providers: Providers) -> World:
    shop.publish(hello(providers.page))
    return World(shop, providers)


def test_three_channels_reach_a_customer_whom_the_official_client_reported(world: World) -> None:
    ann = world.meets("ann")
    assert ann.mail["subject"] == "Hello Ann"
    assert ann.mail["sender"] == "shop@example.com"
    assert ann.sms["text"].startswith("Your code is ann")
    assert [each["title"] for each in world.pushed("ann")] == ["Hi"]


def test_what_the_providers_report_is_counted(world: World) -> None:
    ben, before = world.meets("ben"), world.step("mail")
    sendgrid = world.providers.mail
    events = [sendgrid.event(kind, ben.mail) for kind in ("delivered", "open", "click")]
    assert world.reports(events) == 200
    assert world.providers.sms.report(ben.sms, "delivered") == 200
    after = world.step("mail")
    for fact in ("delivered", "opened", "clicked"):
        assert after[fact] == before[fact] + 1
    assert [each[:2] for each in world.statuses(ben)] == [
        ("mail", "delivered"), ("sms", "delivered"), ("push", "sent"),
    ]  # fmt: skip
    told = world.shop.rows(
        "SELECT e.name FROM profiles_event e JOIN profiles_identifier i USING (customer_id)"
        " WHERE i.value = 'ben' AND e.name LIKE 'message.%%'"
    )
    names = [name for (name,) in told]
    assert sorted(names) == sorted(
        ["message.sent"] * 3 + ["message.delivered"] * 2 + ["message.opened", "message.clicked"]
    )


def test_our_own_pixel_and_links_count_and_lead_on(world: World) -> None:
    cat, before = world.meets("cat"), world.step("mail")
    pixel = get(cat.link("o"), headers=BROWSER)
    assert (pixel.status_code, pixel.headers["content-type"]) == (200, "image/gif")
    assert world.step("mail")["opened"] == before["opened"] + 1
    click = get(cat.link("c"), headers=BROWSER)
    assert (click.status_code, click.headers["location"]) == (302, world.providers.page)
    assert world.step("mail")["clicked"] == before["clicked"] + 1


def test_the_report_counts_what_the_providers_took(world: World) -> None:
    world.meets("dan")
    until(lambda: world.shop.number(
        "SELECT count(*) FROM channels_message WHERE journey = 'hello' AND status = 'sending'"
    ) == 0)  # fmt: skip
    steps = {step["id"]: step for step in world.shop.report("hello")["steps"]}
    taken = {
        "mail": [each for each in world.providers.mail.accepted if "Hello" in each["subject"]],
        "sms": [each for each in world.providers.sms.accepted if "code is" in each["text"]],
        "push": [each for each in world.providers.push.opened() if each["title"] == "Hi"],
    }
    assert {name: step["sent"] for name, step in steps.items()} == {
        name: len(messages) for name, messages in taken.items()
    }


def test_callbacks_that_are_not_genuine_change_nothing(world: World) -> None:
    eve = world.meets("eve")
    sendgrid, twilio = world.providers.mail, world.providers.sms
    before = world.everything()
    body, headers = sendgrid.signed([sendgrid.event("spamreport", eve.mail)])
    stale = sendgrid.headers(body, timestamp=1_600_000_000)
    door = world.callback("sendgrid")
    for content, given in (
        (body, {}),
        (body, {**headers, "X-Twilio-Email-Event-Webhook-Signature": "AAAA"}),
        (body.replace(b"spamreport", b"delivered"), headers),
        (body, stale),
        (b"", headers),
    ):
        assert post(door, content=content, headers=given).status_code in (401, 403)
    fields = twilio.reply(eve.phone, "STOP")
    form, signature = twilio.signed(world.callback("twilio", "/inbound"), fields)
    elsewhere = world.callback("twilio", "/status")
    assert post(elsewhere, content=form, headers=signature).status_code in (401, 403)
    inbound = world.callback("twilio", "/inbound")
    unsigned = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post(inbound, content=form, headers=unsigned).status_code in (401, 403)
    assert post(inbound, content=form + b"&x=1", headers=signature).status_code in (401, 403)
    assert post(f"{door}-other", content=body, headers=headers).status_code in (401, 403)
    assert world.everything() == before


def test_a_callback_that_comes_twice_counts_once(world: World) -> None:
    fay = world.meets("fay")
    sendgrid = world.providers.mail
    body, headers = sendgrid.signed([sendgrid.event("open", fay.mail)])
    door = world.callback("sendgrid")
    assert post(door, content=body, headers=headers).status_code == 200
    after = world.everything()
    assert post(door, content=body, headers=headers).status_code == 200
    assert world.everything() == after


def test_looking_at_the_unsubscribe_page_changes_nothing_and_one_click_acts(world: World) -> None:
    gus = world.meets("gus")
    header = gus.mail["headers"]["List-Unsubscribe"]
    assert gus.mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    door = re.findall(r"<(http[^>]+)>", header)[0]
    before = world.everything()
    assert get(door, headers=BROWSER).status_code == 200
    assert world.everything() == before
    assert post(door, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    world.signs_up_again(gus)
    assert world.decided(gus)[3:] == [
        ("mail", "skipped", "suppressed"), ("sms", "sent", ""), ("push", "sent", ""),
    ]  # fmt: skip
    assert len(world.sent(gus.email)) == 1


def test_stop_by_sms_keeps_the_next_one_back(world: World) -> None:
    hal = world.meets("hal")
    twilio = world.providers.sms
    inbound = world.callback("twilio", "/inbound")
    assert twilio.post(inbound, twilio.reply(hal.phone, " stop. ")) == 200
    world.signs_up_again(hal)
    assert world.decided(hal)[3:] == [
        ("mail", "sent", ""), ("sms", "skipped", "suppressed"), ("push", "sent", ""),
    ]  # fmt: skip
    assert len(world.sent(hal.phone)) == 1
