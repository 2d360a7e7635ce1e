"""Bodies of Segment's and RudderStack's clients, good and bad, become calls or clear refusals."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.core import wire
from profiles.core.events import CALLS, SYSTEM_NAMES, Incoming
from profiles.core.wire import Rejected, WireError

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def accepted(kind: str = "track", sent_at: datetime | None = None, **fields: Any) -> Incoming:
    given = {"userId": "ann", "event": "Signed Up", **fields}
    return wire.accept(wire.single(json.dumps(given).encode()), kind, sent_at=sent_at, now=NOW)


def refused(kind: str = "track", **fields: Any) -> WireError:
    with pytest.raises(WireError) as caught:
        accepted(kind, **fields)
    return caught.value


def refused_body(body: bytes) -> WireError:
    with pytest.raises(WireError) as caught:
        wire.single(body)
    return caught.value


def test_a_track_call_becomes_an_event_of_its_own_name() -> None:
    call = accepted(messageId="m1", properties={"plan": "pro"}, context={"ip": "10.0.0.1"})
    assert call == Incoming(
        call="track",
        name="Signed Up",
        at=NOW,
        user_id="ann",
        message_id="m1",
        properties={"plan": "pro"},
        context={"ip": "10.0.0.1"},
    )


@pytest.mark.parametrize("kind", [kind for kind in CALLS if kind != "track"])
def test_other_calls_become_events_named_after_themselves(kind: str) -> None:
    assert accepted(kind, previousId="old").name == kind


@pytest.mark.parametrize(
    ("written", "read"), [(17, "17"), (17.0, "17"), (1.5, "1.5"), (0, "0"), (2**70, str(2**70))]
)
def test_ids_may_be_numbers(written: float, read: str) -> None:
    assert accepted(userId=written).user_id == read


@pytest.mark.parametrize("blank", ["", "  ", None])
def test_a_blank_user_id_is_none_and_the_visitor_counts(blank: str | None) -> None:
    call = accepted(userId=blank, anonymousId="cookie")
    assert (call.user_id, call.anonymous_id) == ("", "cookie")


def test_somebody_must_be_named() -> None:
    error = refused(userId="", anonymousId=None)
    assert (error.code, error.field, error.status) == ("missing_id", "userId", 400)


@pytest.mark.parametrize("field", ["userId", "anonymousId", "messageId"])
def test_ids_have_at_most_255_characters(field: str) -> None:
    given: dict[str, Any] = {field: "ü" * 255}
    assert accepted(**given)
    error = refused(**{field: "x" * 256})
    assert (error.code, error.field) == ("too_long", field)


@pytest.mark.parametrize("wrong", [[1], {"id": 1}, True])
def test_an_id_is_a_text_or_a_number(wrong: object) -> None:
    error = refused(userId=wrong)
    assert (error.code, error.field) == ("invalid_field", "userId")
    assert "userId" in error.message


@pytest.mark.parametrize("name", ["", " ", None])
def test_a_track_call_needs_a_name(name: str | None) -> None:
    assert refused(event=name).code == "missing_event"


def test_an_event_name_has_at_most_255_characters() -> None:
    assert accepted(event="é" * 255).name == "é" * 255
    assert refused(event="x" * 500).code == "too_long"


@pytest.mark.parametrize("name", sorted(SYSTEM_NAMES))
def test_clients_cannot_speak_for_sojourn(name: str) -> None:
    assert refused(event=name).code == "reserved_event"


def test_traits_stand_in_the_call_or_in_its_context() -> None:
    call = accepted("identify", context={"traits": {"a": 1, "b": 1}, "ip": "x"}, traits={"b": 2})
    assert call.properties == {"a": 1, "b": 2}
    assert call.context == {"ip": "x"}
    assert accepted("identify", context={"traits": "odd"}).properties == {}


def test_traits_in_the_context_of_other_calls_stay_there() -> None:
    call = accepted(context={"traits": {"a": 1}})
    assert (call.properties, call.context) == ({}, {"traits": {"a": 1}})


def test_a_group_call_keeps_its_group() -> None:
    call = accepted("group", groupId=7, traits={"name": "Acme"})
    assert call.properties == {"name": "Acme", "groupId": "7"}


def test_a_page_keeps_its_name_and_category() -> None:
    call = accepted("page", name="Home", category="Docs", properties={"url": "/", "name": "Start"})
    assert call.properties == {"category": "Docs", "url": "/", "name": "Start"}


def test_an_alias_names_both_ids() -> None:
    call = accepted("alias", previousId=3)
    assert (call.previous_id, call.properties) == ("3", {"previousId": "3", "userId": "ann"})
    assert refused("alias").field == "previousId"
    assert refused("alias", userId="", anonymousId="a", previousId="p").field == "userId"


def test_only_an_alias_has_a_previous_id() -> None:
    assert accepted("identify", previousId="old").previous_id == ""


def test_without_a_timestamp_it_happens_now() -> None:
    assert accepted().at == NOW
    assert accepted(sentAt="2026-11-01T00:00:00Z", timestamp=None).at == NOW


@pytest.mark.parametrize("field", ["timestamp", "originalTimestamp"])
def test_a_wrong_client_clock_is_corrected(field: str) -> None:
    given: dict[str, Any] = {field: "2026-11-20T08:00:00.500Z"}
    call = accepted(**given, sentAt="2026-11-20T08:00:10.500Z")
    assert call.at == NOW - timedelta(seconds=10)


def test_the_batch_says_when_it_was_sent_unless_the_call_does() -> None:
    ahead = NOW + timedelta(hours=3)
    assert accepted(timestamp=ahead.isoformat(), sent_at=ahead).at == NOW
    own = accepted(timestamp=NOW.isoformat(), sentAt=NOW.isoformat(), sent_at=ahead)
    assert own.at == NOW


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01T10:00:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T10:00:00+05:30", datetime(2026, 11, 1, 4, 30, tzinfo=UTC)),
        ("1997-01-01 00:00:00.123456Z", datetime(1997, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_instants_are_iso_8601_and_utc_where_they_name_no_zone(text: str, at: datetime) -> None:
    assert accepted(timestamp=text).at == at


@pytest.mark.parametrize(
    "wrong",
    ["yesterday", "2026-13-01", "1732183456", 1732183456, 17e11, "0001-01-01T00:00:00+09:00"],
)
def test_what_is_no_instant_is_refused_with_an_example(wrong: object) -> None:
    error = refused(timestamp=wrong)
    assert (error.code, error.field) == ("invalid_timestamp", "timestamp")
    assert "ISO 8601" in error.message
    assert refused(timestamp="2026-11-01", sentAt=wrong).field == "sentAt"


@pytest.mark.parametrize(
    ("at", "sent"), [("0001-01-02", "2026-12-01"), ("9999-12-31", "0001-01-02")]
)
def test_a_correction_beyond_the_calendar_is_refused(at: str, sent: str) -> None:
    assert refused(timestamp=at, sentAt=sent).code == "invalid_timestamp"


def test_an_event_may_lie_a_day_ahead_and_no_more() -> None:
    assert accepted(timestamp=(NOW + timedelta(hours=24)).isoformat())
    error = refused(originalTimestamp=(NOW + timedelta(hours=25)).isoformat())
    assert (error.code, error.field) == ("future_timestamp", "originalTimestamp")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"not json", "invalid_json"),
        (b"", "invalid_json"),
        (b'{"userId": NaN}', "invalid_json"),
        (b'{"properties": {"x": Infinity}}', "invalid_json"),
        (b'{"properties": {"x": -Infinity}}', "invalid_json"),
        (b'{"properties": {"x": 1e400}}', "invalid_number"),
        (b'{"properties": {"x": "\\ud800"}}', "invalid_json"),
        (b'{"properties": {"x": "\xff"}}', "invalid_json"),
        ('{"properties": {"x": "é"}}'.encode("latin-1"), "invalid_json"),
        (b'{"properties": {"x": "\\u0000"}}', "nul_not_allowed"),
        (b'{"properties": {"\\u0000": 1}}', "nul_not_allowed"),
        (b'{"properties": {"x": ["\\u0000"]}}', "nul_not_allowed"),
        (b'{"userId": "a\\u0000b"}', "nul_not_allowed"),
        (b'"text"', "invalid_body"),
        (b"[]", "invalid_body"),
        (b'{"properties": []}', "invalid_field"),
        (b'{"properties": {"x": ' + b"[" * 9_000 + b"]" * 9_000 + b"}}", "too_deep"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, code: str) -> None:
    error = refused_body(body)
    assert (error.code, error.status) == (code, 400)
    assert error.message.endswith(".")


def test_32_levels_are_deep_enough() -> None:
    def nested(levels: int) -> bytes:
        return b'{"a":' * levels + b"1" + b"}" * levels

    assert wire.single(nested(32))
    assert refused_body(nested(33)).code == "too_deep"


def test_brackets_in_texts_and_many_flat_objects_are_not_deep() -> None:
    body = {"event": "{" * 100, "properties": {"products": [{"id": n} for n in range(100)]}}
    assert wire.single(json.dumps(body).encode())


def test_the_text_backslash_u0000_is_no_nul() -> None:
    assert wire.single(json.dumps({"event": "\\u0000"}).encode()).event == "\\u0000"


def test_an_event_has_at_most_32_kilobytes() -> None:
    def body(size: int) -> bytes:
        return b'{"event":"%s"}' % (b"x" * (size - 12))

    assert wire.single(body(wire.MAX_EVENT_BYTES))
    error = refused_body(body(wire.MAX_EVENT_BYTES + 1))
    assert (error.code, error.status) == ("too_large", 413)


def test_a_batch_is_an_object_with_a_list() -> None:
    for body, code in (
        (b"{}", "missing_batch"),
        (b'{"batch": null}', "missing_batch"),
        (b'{"batch": {}}', "invalid_field"),
        (b'{"batch": [' + b"{}," * 2500 + b"{}]}", "too_many_events"),
        (b'{"batch": [}', "invalid_json"),
        (b'{"batch": NaN}', "invalid_json"),
        (b'{"batch": [NaN], "sentAt": []}', "invalid_field"),
        (b'{"batch": [{"x": ' + b"[" * 9_000 + b"]" * 9_000 + b"}]}", "too_deep"),
        (b'{"batch": [], "x": ' + b"[" * 99_000, "too_deep"),
    ):
        with pytest.raises(WireError) as caught:
            wire.envelope(body)
        assert caught.value.code == code
    assert wire.envelope(b'{"batch": [' + b"{}," * 2499 + b"{}]}").batch


def test_a_bad_item_does_not_spoil_its_neighbours() -> None:
    items = [b'{"type":"track"}', b"[]", b'{"event": "\\ud83d!"}', b'{"type":"page"}', b"NaN"]
    big = b'{"event":"%s"}' % (b"x" * wire.MAX_EVENT_BYTES)
    batch = wire.envelope(b'{"batch":[' + b",".join([*items, big]) + b"]}").batch or []
    rejected: list[Rejected] = []
    read = list(wire.calls(batch, rejected))
    assert [(place, call.type) for place, call in read] == [(0, "track"), (3, "page")]
    assert [(bad.place, bad.error.code) for bad in rejected] == [
        (1, "invalid_body"),
        (2, "invalid_json"),
        (4, "invalid_json"),
        (5, "too_large"),
    ]
    assert wire.envelope(b'{"batch":[NaN],"sentAt":"x","writeKey":"k"}').write_key == "k"


def test_an_item_says_what_kind_of_call_it_is() -> None:
    for body in (b"{}", b'{"type": "shout"}'):
        with pytest.raises(WireError) as caught:
            wire.kind_of(wire.single(body))
        assert (caught.value.code, caught.value.field) == ("invalid_type", "type")
    assert wire.kind_of(wire.single(b'{"type": "identify"}')) == "identify"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
_fields = st.sampled_from(
    ["type", "userId", "anonymousId", "messageId", "event", "properties", "traits", "context",
     "timestamp", "sentAt", "name", "groupId", "previousId", "originalTimestamp"]
)  # fmt: skip


@given(
    body=st.binary() | _json.map(json.dumps).map(str.encode)
    | st.dictionaries(_fields, _json).map(json.dumps).map(str.encode),
    kind=st.sampled_from(CALLS),
)  # fmt: skip
def test_any_body_is_accepted_or_refused_and_never_fails(body: bytes, kind: str) -> None:
    try:
        call = wire.accept(wire.single(body), kind, sent_at=None, now=NOW)
    except WireError as error:
        assert error.status in (400, 413)
        assert error.code
    else:
        assert call.user_id or call.anonymous_id
        assert call.at.tzinfo is not None


@given(
    at=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2026, 11, 21)),
    offset=st.integers(-14 * 60, 14 * 60),
    skew=st.timedeltas(min_value=timedelta(days=-30), max_value=timedelta(days=30)),
)
def test_the_zone_and_the_error_of_the_clients_clock_do_not_matter(
    at: datetime, offset: int, skew: timedelta
) -> None:
    true = at.replace(tzinfo=UTC)
    zone = timezone(timedelta(minutes=offset))
    shown = (true + skew).astimezone(zone).isoformat()
    sent = (NOW + skew).astimezone(zone).isoformat()
    assert accepted(timestamp=shown, sentAt=sent).at == true
