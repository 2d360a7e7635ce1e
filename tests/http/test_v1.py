"""The event API as its clients see it: what they may send, where the key goes, what they hear."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client

from profiles.core.wire import MAX_BATCH_BYTES, MAX_EVENT_BYTES
from profiles.models import ApiKey
from profiles.operations import valkey
from profiles.operations.access import create_key, revoke_key
from profiles.queries import api_keys, clock
from tests.database.calls import history, query, user
from tests.database.threads import together

pytestmark = pytest.mark.django_db
CALLS = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}
Post = Callable[..., Any]


@pytest.fixture
def key() -> str:
    return create_key(name="shop", kind="write", scopes=[], now=clock.now())


@pytest.fixture
def post(client: Client, key: str) -> Post:
    """Sends JSON, bytes or text with the key as Basic user, unless `headers` say otherwise."""

    def send(path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        fields = {"Authorization": basic(key)} if headers is None else headers
        return client.generic("POST", path, body, headers=fields)

    return send


def basic(key: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{key}:{password}".encode()).decode()


def assert_refused(response: Any, status: int, code: str) -> str:
    answer = response.json()
    assert (response.status_code, answer["code"]) == (status, code), answer
    assert set(answer) == {"code", "message"}
    return str(answer["message"])


TRACK = {"userId": "ann", "event": "Signed Up"}


@pytest.mark.parametrize("path", [*CALLS, *CALLS.values()])
def test_every_call_has_a_long_and_a_short_route(post: Post, path: str) -> None:
    response = post(f"/v1/{path}", {**TRACK, "previousId": "before"})
    assert (response.status_code, response.content) == (200, b'{"success": true}')
    assert response["Content-Type"] == "application/json"
    kind = CALLS.get(path, path)
    assert ("Signed Up" if kind == "track" else kind) in history(user("ann"))


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_a_batch_mixes_calls(post: Post, path: str) -> None:
    calls = [{**TRACK, "type": "track"}, {"type": "page", "userId": "ann"}]
    assert post(path, {"batch": calls}).content == b'{"success": true}'
    assert {"Signed Up", "page"} <= set(history(user("ann")))


def test_an_empty_batch_is_taken(post: Post) -> None:
    assert post("/v1/batch", {"batch": []}).content == b'{"success": true}'


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ],
)
def test_the_body_is_json_whatever_its_content_type_says(
    client: Client, key: str, content_type: str
) -> None:
    body = json.dumps(TRACK)
    response = client.generic(
        "POST", "/v1/track", body, content_type=content_type, headers={"Authorization": basic(key)}
    )
    assert response.status_code == 200


def test_good_items_are_taken_and_bad_ones_come_back(post: Post) -> None:
    response = post(
        "/v1/batch",
        {
            "batch": [
                {**TRACK, "type": "track"},
                {"type": "track", "userId": "ann"},
                {"type": "identify", "userId": "ann", "traits": {"phone": "home", "plan": "pro"}},
                7,
                {"type": "shout", "userId": "ann"},
                {"type": "track", "event": "x", "userId": ["ann"]},
                {"type": "page", "anonymousId": " "},
                {"type": "page", "userId": "ann", "timestamp": "tomorrow"},
                {"type": "track", "userId": "ann", "event": "x" * MAX_EVENT_BYTES},
            ]
        },
    )
    answer = response.json()
    assert response.status_code == 200
    assert [(bad["index"], bad["code"], bad["field"]) for bad in answer["rejected"]] == [
        (1, "missing_event", "event"),
        (3, "invalid_body", ""),
        (4, "invalid_type", "type"),
        (5, "invalid_field", "userId"),
        (6, "missing_id", "userId"),
        (7, "invalid_timestamp", "timestamp"),
        (8, "too_large", ""),
    ]
    assert "Item 5" in answer["rejected"][3]["message"]
    assert [(w["index"], w["code"], w["field"]) for w in answer["warnings"]] == [
        (2, "invalid_phone", "traits.phone")
    ]
    assert {"Signed Up", "identify"} <= set(history(user("ann")))


def test_a_bad_single_call_names_its_field(post: Post) -> None:
    assert "userId" in assert_refused(post("/v1/track", {"event": "x"}), 400, "missing_id")
    assert "event" in assert_refused(post("/v1/track", {"userId": "x"}), 400, "missing_event")


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "empty_body"), (b" \n", "empty_body"), (b"{", "invalid_json"), (b"\xff", "invalid_json"),
     (b'"x"', "invalid_body"), (b"[]", "invalid_body"), (b"null", "invalid_body")],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused(
    post: Post, path: str, body: bytes, code: str
) -> None:
    assert_refused(post(path, body), 400, code)


def test_whole_batches_are_refused_for_what_concerns_them_all(post: Post) -> None:
    assert_refused(post("/v1/batch", {}), 400, "missing_batch")
    assert_refused(post("/v1/batch", {"batch": [{}] * 2501}), 400, "too_many_events")
    assert_refused(post("/v1/batch", {"batch": [], "sentAt": "soon"}), 400, "invalid_timestamp")
    assert_refused(post("/v1/batch", {"batch": ["x" * MAX_BATCH_BYTES]}), 413, "too_large")
    assert_refused(post("/v1/track", {**TRACK, "x": "x" * MAX_EVENT_BYTES}), 413, "too_large")


def raw_deflate(body: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-15)
    return squeeze.compress(body) + squeeze.flush()


@pytest.mark.parametrize(
    ("encoding", "squeeze"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("", gzip.compress),
    ],
)
def test_bodies_may_be_compressed(
    post: Post, key: str, encoding: str, squeeze: Callable[[bytes], bytes]
) -> None:
    body = squeeze(json.dumps({"batch": [{**TRACK, "type": "track"}]}).encode())
    headers = {"Authorization": basic(key)} | ({"Content-Encoding": encoding} if encoding else {})
    assert post("/v1/batch", body, headers).content == b'{"success": true}'


@pytest.mark.parametrize(
    ("encoding", "body", "status", "code"),
    [
        ("gzip", gzip.compress(b" " * 50_000_000), 413, "too_large"),
        ("deflate", raw_deflate(b" " * 50_000_000), 413, "too_large"),
        ("gzip", b'{"batch": []}', 400, "invalid_encoding"),
        ("gzip", gzip.compress(b'{"batch": []}')[:-9], 400, "invalid_encoding"),
        ("deflate", b"\xff\xff\xff", 400, "invalid_encoding"),
        ("gzip", b"", 400, "invalid_encoding"),
        ("gzip", gzip.compress(b""), 400, "empty_body"),
        ("br", b"x", 415, "unknown_encoding"),
    ],
    ids=["bomb", "raw bomb", "plain", "cut", "noise", "nothing", "empty inside", "brotli"],
)
def test_bombs_and_broken_archives_are_refused(
    post: Post, key: str, encoding: str, body: bytes, status: int, code: str
) -> None:
    headers = {"Authorization": basic(key), "Content-Encoding": encoding}
    assert_refused(post("/v1/batch", body, headers), status, code)


def test_the_key_stands_where_each_client_puts_it(post: Post, key: str) -> None:
    batch = {"batch": [{**TRACK, "type": "track"}]}
    for path, body, headers in (
        ("/v1/batch", batch, {"Authorization": basic(key)}),
        ("/v1/batch", batch, {"Authorization": basic(key, "password")}),
        ("/v1/batch", batch, {"Authorization": f"Bearer {key}"}),
        ("/v1/batch", batch, {"authorization": f"bearer {key}"}),
        ("/v1/batch", {**batch, "writeKey": key}, {}),
        ("/v1/batch", {**batch, "writeKey": key}, {"Authorization": "Bearer oauth"}),
        (f"/v1/batch?writeKey={key}", batch, {}),
        ("/v1/track", {**TRACK, "writeKey": key}, {}),
        (f"/v1/t?writeKey={key}", TRACK, {}),
    ):
        assert post(path, body, headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
def test_a_wrong_key_opens_nothing(post: Post, path: str) -> None:
    body = {**TRACK, "batch": []}
    assert_refused(post(path, body, {}), 401, "missing_key")
    for wrong in (
        basic("guess"),
        "Bearer guess",
        "Basic ???",
        "Basic " + "/w==",
        "Digest x",
        "Bearer",
    ):
        response = post(path, body, {"Authorization": wrong})
        assert response.status_code == 401
    assert_refused(post(path, {**body, "writeKey": "guess"}, {}), 401, "invalid_key")
    assert not query("SELECT FROM profiles_event")


def test_a_withdrawn_key_and_a_management_key_take_no_events(post: Post, key: str) -> None:
    manager = create_key(name="api", kind="api", scopes=["write"], now=clock.now())
    assert_refused(post("/v1/track", TRACK, {"Authorization": basic(manager)}), 403, "wrong_key")
    revoke_key(ApiKey.objects.get(kind="write").pk, now=clock.now())
    api_keys.forget()
    assert_refused(post("/v1/track", TRACK), 401, "invalid_key")


def test_other_methods_and_paths_are_refused_in_json(client: Client, post: Post) -> None:
    response = client.get("/v1/track")
    assert_refused(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST, OPTIONS"
    assert_refused(post("/v1/projects/x/settings", {}), 405, "method_not_allowed")
    assert_refused(post("/v1/nothing/here", TRACK), 404, "unknown_path")


@pytest.mark.parametrize(
    "path", ["/v1/t", "/v1/batch", "/v1/projects/x/settings", "/sourceConfig/"]
)
def test_a_preflight_is_answered_for_any_page(client: Client, path: str) -> None:
    response = client.options(
        path,
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "anonymousid,authorization,content-type,sentat",
        },
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "https://shop.example"
    assert (
        response["Access-Control-Allow-Headers"] == "anonymousid,authorization,content-type,sentat"
    )
    assert "POST" in response["Access-Control-Allow-Methods"]
    assert int(response["Access-Control-Max-Age"]) > 0


def test_answers_and_refusals_reach_the_page(post: Post, key: str) -> None:
    for authorization, status in ((basic(key), 200), (basic("guess"), 401)):
        headers = {"Origin": "https://shop.example", "Authorization": authorization}
        response = post("/v1/t", TRACK, headers)
        assert response.status_code == status
        assert response["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Origin" in response["Vary"]
    assert "Access-Control-Allow-Origin" not in post("/v1/t", TRACK)


def test_browser_clients_get_their_settings(client: Client, key: str) -> None:
    answer = client.get(f"/v1/projects/{key}/settings", headers={"Origin": "https://a.cz"})
    assert answer.json()["integrations"]["Segment.io"]["apiKey"] == key
    assert answer["Access-Control-Allow-Origin"] == "https://a.cz"
    assert_refused(client.get("/v1/projects/guess/settings"), 401, "invalid_key")
    for response in (
        client.get(f"/sourceConfig/?p=npm&v=3&writeKey={key}"),
        client.get("/sourceConfig/", headers={"Authorization": basic(key)}),
    ):
        source = response.json()["source"]
        assert (source["writeKey"], source["enabled"], source["destinations"]) == (key, True, [])
    assert_refused(client.get("/sourceConfig/?writeKey=guess"), 401, "invalid_key")


def test_a_key_that_sends_too_fast_waits(post: Post, settings: LazySettings) -> None:
    settings.SOJOURN_INGEST_RATE = 1
    calls = [{**TRACK, "type": "track", "messageId": str(number)} for number in range(300)]
    began = monotonic()
    first = post("/v1/batch", {"batch": calls})
    assert (first.status_code, first["RateLimit-Limit"]) == (200, "1")
    assert first["RateLimit-Remaining"] == "0"
    second = post("/v1/track", TRACK)
    assert_refused(second, 429, "too_fast")
    assert second["Retry-After"] == second["RateLimit-Reset"]
    assert 300 - (monotonic() - began) <= int(second["Retry-After"]) <= 300
    other = create_key(name="other", kind="write", scopes=[], now=clock.now())
    assert post("/v1/track", TRACK, {"Authorization": basic(other)}).status_code == 200


def test_without_its_store_no_rate_is_watched(
    post: Post, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SOJOURN_INGEST_RATE = 1
    valkey.client.cache_clear()
    settings.BROKER_URL = settings.REDIS_URL = "redis://127.0.0.1:1/0"
    try:
        for _ in range(3):
            assert post("/v1/track", TRACK).status_code == 200
    finally:
        valkey.client.cache_clear()
    assert "not watched" in caplog.text


@pytest.mark.parametrize(
    "text", ["🦊", "<script>", "'; DROP TABLE", "\u202e", "\ufeff", "\\N", "%s{}", "\x01"]
)
def test_naughty_texts_are_taken_as_they_are(post: Post, text: str) -> None:
    body = {
        "userId": text,
        "event": text,
        "messageId": text,
        "properties": {text: text, "$.a.b": 1},
    }
    assert post("/v1/track", body).status_code == 200
    rows = query(
        "SELECT name, message_id, properties->>%s FROM profiles_event WHERE source = 'shop'", text
    )
    assert rows == [(text, text, text)]


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_one_message_have_one_effect_and_all_succeed(key: str) -> None:
    body = json.dumps({"userId": "ann", "messageId": "once", "traits": {"email": "ann@a.cz"}})

    def send() -> int:
        headers = {"Authorization": basic(key)}
        return Client().generic("POST", "/v1/identify", body, headers=headers).status_code

    assert together([send] * 50) == [200] * 50
    assert history(user("ann")).count("identify") == 1
    assert query("SELECT count(*) FROM profiles_customer") == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_different_posts_at_once_share_transactions_and_get_their_own_answers(key: str) -> None:
    def send(number: int) -> dict[str, Any]:
        calls = [
            {"type": "identify", "userId": f"u{number}", "traits": {"email": f"u{number}@a.cz"}},
            {"type": "identify", "userId": f"u{number}", "traits": {"phone": str(number)}},
            {"type": "shout"},
        ]
        headers = {"Authorization": basic(key)}
        response = Client().generic("POST", "/v1/b", json.dumps({"batch": calls}), headers=headers)
        return dict(response.json())

    answers = together([lambda n=n: send(n) for n in range(24)])
    assert all([bad["index"] for bad in answer["rejected"]] == [2] for answer in answers)
    assert all([w["index"] for w in answer["warnings"]] == [1] for answer in answers)
    (events, writers) = query(
        "SELECT count(*), count(DISTINCT xid) FROM profiles_event WHERE source = 'shop'"
    )[0]
    assert events == 48
    assert writers < 24


@pytest.mark.django_db(transaction=True)
def test_a_restart_of_the_database_is_answered_with_503_and_then_forgotten(post: Post) -> None:
    assert post("/v1/track", TRACK).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    spare = connection.copy()
    with spare.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    spare.close()
    response = post("/v1/track", TRACK)
    assert_refused(response, 503, "unavailable")
    assert response["Retry-After"]
    assert post("/v1/track", TRACK).status_code == 200
