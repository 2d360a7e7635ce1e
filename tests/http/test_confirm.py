"""Double opt-in over HTTP: asked with exact words, confirmed by a press, never against a no."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from channels.core.links import PATHS
from channels.models import Message, MessageBody
from channels.operations.dispatch import dispatch
from channels.queries import confirm
from profiles.core.consent import ConsentChange, worded
from profiles.core.identity import Joining
from profiles.models import Consent, Customer
from profiles.models import ConsentChange as Entry
from profiles.operations.consent import set_consents
from profiles.operations.merge import merge
from profiles.queries import clock
from tests.database import letters
from tests.database.letters import NOW
from tests.http.test_public import PUBLIC, assert_private

pytestmark = pytest.mark.django_db
WORDING = "Yes, send me the newsletter <weekly>."
MAIL = {"subject": "Please confirm", "text": "{{ links.confirm }}"}


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.PUBLIC_URL = PUBLIC
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def ann() -> int:
    customer = letters.customers(1)[0]
    say(customer, "pending")
    return customer


def say(customer: int, state: str, *, topic: str = "news", wording: str = WORDING) -> None:
    """Said at the present instant; a question with its exact words."""
    proof = worded(wording) if state == "pending" else {}
    change = ConsentChange(
        customer_id=customer, channel="email", topic=topic, state=state, proof=proof
    )
    set_consents([change], now=clock.now())


def address(customer: int, topic: str = "news") -> str:
    return confirm.addresses(customer)["email", topic].removeprefix(PUBLIC)


def state(topic: str = "news") -> str:
    return str(Consent.objects.get(topic=topic, channel="email").state)


def test_looking_at_the_page_confirms_nothing(client: Client, ann: int) -> None:
    for method in (client.get, client.head):
        answer = method(address(ann))
        assert answer.status_code == 200
        assert_private(answer)
    page = client.get(address(ann)).content.decode()
    assert page.count("<button") == 1
    assert "newsletter &lt;weekly&gt;" in page
    assert "c1@example.com" in page
    assert "<script" not in page
    assert client.options(address(ann)).status_code == 405
    assert state() == "pending"


def test_a_press_subscribes_with_proof_however_often(client: Client, ann: int) -> None:
    url = address(ann)
    for _ in range(2):
        answer = client.post(url, HTTP_USER_AGENT="Phone", REMOTE_ADDR="192.0.2.7")
        assert answer.status_code == 200
        assert "You are subscribed" in answer.content.decode()
    proof = Consent.objects.get().proof
    assert (state(), proof["ip"], proof["user_agent"]) == ("subscribed", "192.0.2.7", "Phone")
    assert proof["sha256"] == worded(WORDING)["sha256"]
    asked, said = Entry.objects.order_by("id")
    assert asked.proof == worded(WORDING)
    assert (said.previous, said.state, said.source) == ("pending", "subscribed", "confirmed")
    assert proof["asked_at"] < proof["confirmed_at"] or asked.at == said.at


def test_behind_a_proxy_of_ours_the_caller_is_whom_it_names(
    client: Client, ann: int, settings: Any
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    client.post(address(ann), HTTP_X_FORWARDED_FOR="10.0.0.1, 198.51.100.4")
    assert Consent.objects.get().proof["ip"] == "198.51.100.4"


@pytest.mark.parametrize("topic", ["news", ""])
def test_whoever_unsubscribed_since_stays_unsubscribed(
    client: Client, ann: int, topic: str
) -> None:
    url = address(ann)
    say(ann, "unsubscribed", topic=topic)
    for method in (client.get, client.post):
        answer = method(url)
        assert answer.status_code == 200
    assert state() == ("unsubscribed" if topic else "pending")
    assert not Consent.objects.filter(state="subscribed").exists()


def test_other_words_ask_anew_and_the_old_link_is_out_of_date(client: Client, ann: int) -> None:
    old = address(ann)
    say(ann, "pending", wording="Other words")
    assert "out of date" in client.post(old).content.decode()
    assert state() == "pending"
    assert "Other words" in client.get(address(ann)).content.decode()
    client.post(address(ann))
    assert state() == "subscribed"


def test_asking_again_in_the_same_words_keeps_the_first_link_good(client: Client, ann: int) -> None:
    url = address(ann)
    say(ann, "pending")
    client.post(url)
    assert state() == "subscribed"


def test_the_yes_is_for_the_address_that_was_asked(client: Client, ann: int) -> None:
    url = address(ann)
    Customer.objects.update(email="other@example.com")
    page = client.post(url).content.decode()
    assert "out of date" in page
    assert "other@example.com" not in page
    assert state() == "pending"


def test_forged_and_altered_tokens_lead_nowhere(client: Client, ann: int) -> None:
    token = address(ann).removeprefix(PATHS["confirm"])
    payload, _, mac = token.partition(".")
    for bad in ("x", ".", token[:-1], token + "A", f"B{payload[1:]}.{mac}", f"{payload}.", "é"):
        for method in (client.get, client.post):
            assert method(f"/confirm/{bad}").status_code == 404
    for other in set(PATHS) - {"confirm"}:
        assert client.get(PATHS[other] + token).status_code == 404
    Consent.objects.all().delete()
    assert client.post(f"/confirm/{token}").status_code == 404
    assert state_of_all() == []


def state_of_all() -> list[str]:
    return list(Consent.objects.values_list("state", flat=True))


def test_a_merged_customer_confirms_for_whom_they_became(client: Client, ann: int) -> None:
    url = address(ann)
    kept = letters.customers(1)[0]
    Customer.objects.filter(pk=kept).update(attributes={"email": "c1@example.com"})
    merge([Joining(kept, ann, "operator")], now=clock.now())
    client.post(url)
    assert Consent.objects.get().customer_id == kept
    assert state() == "subscribed"


@pytest.mark.parametrize(("topic", "shown"), [("news", "news"), ("other", ""), ("", "")])
def test_a_transactional_mail_carries_the_link_of_what_is_pending(
    client: Client, ann: int, topic: str, shown: str
) -> None:
    letters.enqueue([ann], MAIL, purpose="transactional", topic=topic)
    dispatch(now=NOW)
    text = MessageBody.objects.get(pk=Message.objects.get().pk).text
    assert text == (PUBLIC + address(ann) if shown else "")


def test_the_page_speaks_the_customers_language(client: Client) -> None:
    customer = letters.customers(1, locale="ru")[0]
    say(customer, "pending")
    page = client.get(address(customer)).content.decode()
    assert '<html lang="ru">' in page
    assert "Подтвердите подписку" in page


def test_every_state_of_the_page_is_small(client: Client) -> None:
    customer = letters.customers(1, locale="ru")[0]
    say(customer, "pending")
    url = address(customer)
    assert len(client.get(url).content) <= 5 * 1024
    say(customer, "unsubscribed")
    assert len(client.get(url).content) <= 5 * 1024


def test_a_question_older_than_a_yes_is_passed_over(ann: int) -> None:
    answer = ConsentChange(
        customer_id=ann, channel="email", topic="news", state="subscribed",
        answers=NOW - dt.timedelta(days=400),
    )  # fmt: skip
    assert set_consents([answer], now=clock.now()) == 0
