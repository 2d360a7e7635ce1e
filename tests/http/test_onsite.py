"""Messages on the shop's pages: who may read whose, what they get, and what they may tell."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from channels.core.onsite import user_token
from channels.models import Message, Receipt
from channels.operations.dispatch import dispatch
from channels.queries import public
from profiles.operations.access import create_key
from profiles.queries import clock
from tests.database import letters
from tests.database.calls import identify, owner, take
from tests.naughty import ALL

pytestmark = pytest.mark.django_db
SECRET = "whole-shop-secret"
VISITOR = "0b9c6b3e-7f0a-4a55-9f4e-1c2d3e4f5a6b"
OTHER = "7f0a6b3e-0b9c-4a55-9f4e-1c2d3e4f5a6b"
TOKEN = user_token(SECRET, "ada")
HAT = {
    "title": "A hat", "text": "For {{ customer.firstName }}", "url": "https://shop.example/hat",
    "image": "https://shop.example/hat.png",
    "data": {"placement": "banner", "button": "Look", "dismiss": "Later"},
}  # fmt: skip
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0"


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> None:
    settings.SOJOURN_SANDBOX = True
    settings.SOJOURN_GLOBAL_CONTROL = 0
    settings.PUBLIC_URL = "https://mail.example.com"
    settings.MIDDLEWARE = []  # as config.wsgi serves these paths


@pytest.fixture
def key() -> str:
    return create_key(name="site", kind="write", scopes=(), now=clock.now())


@pytest.fixture
def ada() -> int:
    letters.account("onsite", "inbox", secret=SECRET)
    take(identify("ada", VISITOR, firstName="Ada"), identify("bob", OTHER, firstName="Bob"))
    found = owner("user_id", "ada")
    assert found is not None
    return found


def send(customer: int, body: dict[str, Any] | None = None, **fields: Any) -> str:
    """A message to the customer, in their feed. Its id."""
    fields = {"enrollment_id": Message.objects.count() + 1, **fields}
    stored = letters.content(HAT if body is None else body)
    now = clock.now()
    letters.outbox_add(
        letters.draft(customer, stored, channels=("inbox",), send_after=now, **fields), now=now
    )
    dispatch(now=now)
    return str(Message.objects.latest("id").uid)


def feed(client: Client, key: str, proof: str, user: str = "", **headers: str) -> Any:
    given = {"Authorization": f"Bearer {proof}", **headers} if proof else headers
    return client.get("/inbox/feed", {"writeKey": key, "user": user}, headers=given)


def tell(
    client: Client, key: str, body: Any, proof: str = TOKEN, user: str = "ada", agent: str = CHROME
) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(
        f"/inbox/events?writeKey={key}&user={user}", raw, "text/plain",
        headers={"Authorization": f"Bearer {proof}", "User-Agent": agent},
    )  # fmt: skip


def marked(client: Client, key: str, uid: str, name: str, **given: Any) -> Any:
    return tell(client, key, {"events": [{"id": uid, "type": name}]}, **given)


def test_a_message_is_in_the_feed_of_its_customer(client: Client, key: str, ada: int) -> None:
    uid = send(ada)
    answer = feed(client, key, TOKEN, "ada")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Cache-Control"] == "private, no-cache"
    (item,) = answer.json()["items"]
    assert item.pop("url").startswith("https://mail.example.com/c/")
    assert item.pop("sent_at").endswith("Z")
    assert item == {
        "id": uid, "title": "A hat", "text": "For Ada", "image": "https://shop.example/hat.png",
        "placement": "banner", "button": "Look", "dismiss": "Later", "read": False,
    }  # fmt: skip
    assert feed(client, key, TOKEN.upper(), "ada").status_code == 200


def test_the_link_counts_the_click_and_leads_to_the_shop(
    client: Client, key: str, ada: int
) -> None:
    send(ada)
    (item,) = feed(client, key, TOKEN, "ada").json()["items"]
    path = item["url"].removeprefix("https://mail.example.com")
    answer = client.get(path, headers={"User-Agent": CHROME})
    assert (answer.status_code, answer["Location"]) == (302, "https://shop.example/hat")
    assert Message.objects.get().clicked_at is not None


@pytest.mark.parametrize(
    ("proof", "user"),
    [
        ("", ""), ("", "ada"), ("x", "ada"), ("ada", "ada"), (VISITOR, "ada"), ("ada", ""),
        ("short-and-guessable", ""), (user_token(SECRET, "bob"), "ada"),
        (user_token("other", "ada"), "ada"), (user_token("", "ada"), "ada"), ("x" * 201, ""),
        (TOKEN, "u" * 201), (f"{VISITOR}\t{VISITOR}", ""), (VISITOR, ""),
    ],
)  # fmt: skip
def test_whoever_proves_nothing_reads_and_tells_nothing(
    client: Client, key: str, ada: int, proof: str, user: str
) -> None:
    uid = send(ada)
    answer = feed(client, key, proof, user)
    assert (answer.status_code, answer.json()["code"]) == (401, "unproven")
    assert marked(client, key, uid, "click", proof=proof, user=user).status_code == 401
    assert not Receipt.objects.exists()


def test_a_user_id_alone_or_somebody_elses_proof_shows_nothing_of_others(
    client: Client, key: str, ada: int
) -> None:
    uid = send(ada)
    assert feed(client, key, user_token(SECRET, "bob"), "bob").json() == {"items": []}
    assert feed(client, key, str(uuid.uuid4())).json() == {"items": []}
    stranger = {"proof": str(uuid.uuid4()), "user": ""}
    for given in (stranger, {"proof": user_token(SECRET, "bob"), "user": "bob"}):
        for name in ("impression", "click", "dismiss"):
            assert marked(client, key, uid, name, **given).json() == {"success": True}
    assert not Receipt.objects.exists()
    assert len(feed(client, key, TOKEN, "ada").json()["items"]) == 1


def test_without_a_secret_no_user_is_let_in(client: Client, key: str) -> None:
    take(identify("ada"))
    assert feed(client, key, user_token("", "ada"), "ada").status_code == 401
    assert feed(client, key, VISITOR).status_code == 200


def test_a_nameless_visitor_reads_with_their_own_id_until_they_have_a_name(
    client: Client, key: str
) -> None:
    take(identify("", VISITOR, firstName="Somebody"))
    visitor = owner("anonymous_id", VISITOR) or 0
    uid = send(visitor)
    (item,) = feed(client, key, VISITOR).json()["items"]
    assert item["text"] == "For Somebody"
    assert marked(client, key, uid, "impression", proof=VISITOR, user="").status_code == 200
    assert Message.objects.get().opened_at is not None
    assert feed(client, key, OTHER).json() == {"items": []}
    take(identify("ada", VISITOR))
    assert feed(client, key, VISITOR).status_code == 401


def test_an_id_that_somebody_links_to_a_name_they_guess_opens_nothing(
    client: Client, key: str, ada: int
) -> None:
    """The write key stands in every page: with it anybody may say that a visitor is Ada."""
    send(ada)
    mine = str(uuid.uuid4())
    said = {"userId": "ada", "anonymousId": mine, "traits": {"email": "ada@example.com"}}
    client.post(
        "/v1/identify", json.dumps({**said, "writeKey": key}), content_type="application/json"
    )
    assert owner("anonymous_id", mine) == ada
    assert feed(client, key, mine).status_code == 401


def test_two_secrets_hold_while_one_replaces_the_other(client: Client, key: str) -> None:
    letters.account("onsite", "inbox", secret="new, old")
    answers = [
        feed(client, key, user_token(each, "eve"), "eve") for each in ("new", "old", "", "x")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 401, 401]


@pytest.mark.parametrize("wrong", ["", "nonsense", "an api key"])
def test_only_a_write_key_opens_it(client: Client, ada: int, wrong: str) -> None:
    given = (
        create_key(name="a", kind="api", scopes=("read",), now=clock.now())
        if " " in wrong
        else wrong
    )
    assert feed(client, given, VISITOR).json()["code"] == "unauthorized"
    assert tell(client, given, {"events": []}).status_code == 401


def test_what_has_not_changed_is_not_sent_again(client: Client, key: str, ada: int) -> None:
    send(ada)
    tag = feed(client, key, TOKEN, "ada")["ETag"]
    again = feed(client, key, TOKEN, "ada", **{"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    send(ada)
    assert feed(client, key, TOKEN, "ada", **{"If-None-Match": f"W/{tag}"}).status_code == 200


def test_marks_count_once_and_an_impression_makes_it_read(
    client: Client, key: str, ada: int
) -> None:
    uid = send(ada)
    for _ in range(3):
        assert marked(client, key, uid, "impression").status_code == 200
    (item,) = feed(client, key, TOKEN, "ada").json()["items"]
    assert item["read"] is True
    marked(client, key, uid, "click")
    marked(client, key, uid, "click", proof=user_token(SECRET, "ada"), user="ada")
    message = Message.objects.get()
    assert message.status == "delivered"
    assert None not in {message.opened_at, message.clicked_at}
    assert [name for _, name, _ in letters.events("message.opened", "message.clicked")] == [
        "message.opened", "message.clicked",
    ]  # fmt: skip


def test_what_was_put_away_is_gone_and_said_so(client: Client, key: str, ada: int) -> None:
    uid, other = send(ada), send(ada)
    for _ in range(2):
        marked(client, key, uid, "dismiss")
    assert [item["id"] for item in feed(client, key, TOKEN, "ada").json()["items"]] == [other]
    ((_, _, facts),) = letters.events("message.opened")
    assert facts["action"] == "dismiss"


def test_a_robot_counts_for_nobody(client: Client, key: str, ada: int) -> None:
    uid = send(ada)
    marked(client, key, uid, "impression", agent="Googlebot/2.1")
    assert letters.events("message.opened") == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid"), (b"[]", 400, "invalid"), (b"\xff", 400, "invalid"),
        ({}, 400, "invalid"), ({"events": [{"id": "x", "type": "click"}]}, 400, "invalid"),
        ({"events": [{"id": VISITOR, "type": "bounced"}]}, 400, "invalid"),
        ({"events": [{"id": VISITOR, "type": "click"}] * 101}, 400, "invalid"),
        (b"[" * 20000, 413, "too_large"), (b" " * 20000, 413, "too_large"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(
    client: Client, key: str, ada: int, body: Any, status: int, code: str
) -> None:
    answer = tell(client, key, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Receipt.objects.exists()


def test_messages_that_are_not_theirs_or_not_here_are_passed_over(
    client: Client, key: str, ada: int
) -> None:
    letters.enqueue([ada], channels=("webhook",), send_after=clock.now(), body={"text": "x"})
    dispatch(now=clock.now())
    foreign = str(Message.objects.get().uid)
    for uid in (foreign, str(uuid.uuid4())):
        assert marked(client, key, uid, "click").json() == {"success": True}
    assert not Receipt.objects.exists()


def test_the_feed_ends_when_the_step_says_or_after_a_month(
    client: Client, key: str, ada: int
) -> None:
    now = clock.now()
    send(ada, {"title": "short"}, expires_at=now + dt.timedelta(hours=1))
    send(ada, {"title": "long"})
    titles = lambda: [item["title"] for item in feed(client, key, TOKEN, "ada").json()["items"]]  # noqa: E731
    assert titles() == ["long", "short"]
    Message.objects.filter(firm=True).update(expires_at=now)
    assert titles() == ["long"]
    Message.objects.update(sent_at=now - dt.timedelta(days=31))
    assert titles() == []


def test_the_newest_fifty_in_a_fixed_number_of_queries(client: Client, key: str, ada: int) -> None:
    stored, now = letters.content({"title": "{{ entry.n }}"}), clock.now()
    drafts = [
        letters.draft(
            ada, stored, channels=("inbox",), send_after=now, enrollment_id=n,
            context={"entry": {"n": n}, "context": {}},
        )
        for n in range(60)
    ]  # fmt: skip
    letters.outbox_add(*drafts, now=now)
    dispatch(now=now)
    feed(client, key, TOKEN, "ada")
    with CaptureQueriesContext(connection) as queries:
        items = feed(client, key, TOKEN, "ada").json()["items"]
    assert [item["title"] for item in items] == [str(n) for n in range(59, 9, -1)]
    assert len(queries) <= 4


def test_no_naughty_text_breaks_the_feed(client: Client, key: str, ada: int) -> None:
    text = "".join(ALL)
    for start in range(0, len(text), 2000):
        piece = text[start : start + 2000]
        body = {"title": "t", "text": "{{ entry.cart }}", "url": "{{ entry.link }}"}
        context = {"entry": {"cart": piece, "link": "java\tscript:alert(1)"}, "context": {}}
        send(ada, body, context=context)
    items = feed(client, key, TOKEN, "ada").json()["items"]
    assert "".join(item["text"] for item in reversed(items)) == text
    assert {item["url"] for item in items} <= {"", "#"}


@pytest.mark.parametrize("path", ["feed", "events"])
def test_browsers_may_ask_first(client: Client, path: str) -> None:
    answer = client.options(f"/inbox/{path}")
    assert answer.status_code == 204
    assert "Authorization" in answer["Access-Control-Allow-Headers"]
    assert client.put(f"/inbox/{path}").status_code == 405


def test_the_snippet_has_at_most_three_kilobytes_and_speaks_two_languages(client: Client) -> None:
    english = client.get("/inbox/sojourn-inbox.js", headers={"Accept-Language": "en"})
    russian = client.get("/inbox/sojourn-inbox.js?lang=ru", headers={"Accept-Language": "en"})
    for answer, word in ((english, "Messages"), (russian, "Сообщения")):
        assert answer["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer["Vary"] == "Accept-Language"
        text = answer.content.decode()
        assert len(answer.content) <= 3 * 1024
        assert word in text
        assert '"https://mail.example.com"' in text
        assert not [each for each in ("innerHTML", "eval", "__", "insertAdj") if each in text]


def test_the_preference_centre_closes_the_site_too(client: Client, key: str, ada: int) -> None:
    uid = send(ada)
    path = public.signer().url("preferences", uuid.UUID(uid).bytes).partition("example.com")[2]
    assert "On the site" in client.get(path).content.decode()
    client.post(path, {"shown": ["inbox/"]})
    send(ada)
    assert Message.objects.latest("id").status == "skipped"
    client.post(path, {"shown": ["inbox/"], "wanted": ["inbox/"]})
    send(ada)
    assert Message.objects.latest("id").status == "sent"


def test_the_api_gives_the_token_of_a_user(client: Client, ada: int) -> None:
    key = create_key(name="a", kind="api", scopes=("read", "write"), now=clock.now())
    headers = {"Authorization": f"Bearer {key}"}
    answer = client.post(f"/api/v1/customers/{ada}/inbox", headers=headers)
    assert answer.json() == {"user": "ada", "token": user_token(SECRET, "ada")}
    take(identify("", "somebody-without-a-name-of-their-own"))
    nobody = owner("anonymous_id", "somebody-without-a-name-of-their-own")
    answer = client.post(f"/api/v1/customers/{nobody}/inbox", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_user_id")
