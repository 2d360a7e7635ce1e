"""Reads what Segment's and RudderStack's clients send: calls, or refusals that say what helps.

A body that cannot be read is refused whole (`WireError`); in a batch, a bad item is refused alone.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from profiles.core.events import CALLS, SYSTEM_NAMES, Incoming

MAX_EVENT_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
MAX_BATCH_EVENTS = 2500
MAX_NAME = 255
"""The longest event name or id, in characters."""
MAX_DEPTH = 32
FUTURE = timedelta(hours=24)


class WireError(ValueError):
    """A body or an item that is refused. `status` is HTTP's, `field` the culprit or ""."""

    def __init__(self, code: str, message: str, *, field: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.status = code, message, field, status


class Rejected(NamedTuple):
    """The item of a batch at `place`, counted from 0, which was not taken."""

    place: int
    error: WireError


class Envelope(msgspec.Struct, rename="camel"):
    """What surrounds the calls of a batch."""

    batch: list[msgspec.Raw] | None = None
    sent_at: str | int | float | None = None
    write_key: str | None = None


class Call(msgspec.Struct, rename="camel", gc=False):
    """One call as the clients write it; fields not named here carry nothing we need."""

    type: str = ""
    user_id: str | int | float | None = None
    anonymous_id: str | int | float | None = None
    previous_id: str | int | float | None = None
    group_id: str | int | float | None = None
    message_id: str | int | float | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None
    write_key: str | None = None


_envelope = msgspec.json.Decoder(Envelope).decode
_call = msgspec.json.Decoder(Call).decode


def envelope(body: bytes) -> Envelope:
    """A batch's surroundings, its items still unread."""
    try:
        found: Envelope = _read(body, _envelope)
    except WireError as error:
        found = _patiently(body, error)
    if found.batch is None:
        raise WireError("missing_batch", 'Send an object with the list "batch".', field="batch")
    if len(found.batch) > MAX_BATCH_EVENTS:
        raise WireError(
            "too_many_events", f"At most {MAX_BATCH_EVENTS} events fit into a batch.", field="batch"
        )
    return found


def _patiently(body: bytes, error: WireError) -> Envelope:
    """The surroundings of items that stop the quick reader: only the items are to be refused.

    Half an emoji, which JavaScript cuts off, and Python's NaN are no JSON, yet readable.
    """
    try:
        loaded = json.loads(body) if error.code == "invalid_json" else None
    except (ValueError, RecursionError):
        raise error from None
    if not isinstance(loaded, dict) or not isinstance(items := loaded.pop("batch", None), list):
        raise error
    found: Envelope = _read(json.dumps(loaded).encode(), _envelope)
    found.batch = [msgspec.Raw(json.dumps(item).encode()) for item in items]
    return found


def single(body: bytes) -> Call:
    """The call of a body that holds just one."""
    if len(body) > MAX_EVENT_BYTES:
        raise too_large()
    return _checked(body)


def calls(items: list[msgspec.Raw], refused: list[Rejected]) -> Iterator[tuple[int, Call]]:
    """Every readable call with its index; the others go to `refused`."""
    for index, item in enumerate(items):
        try:
            if len(item) > MAX_EVENT_BYTES:
                raise too_large()
            yield index, _checked(bytes(item))
        except WireError as error:
            refused.append(Rejected(index, error))


def too_large() -> WireError:
    limit = f"{MAX_EVENT_BYTES // 1024} KB an event, {MAX_BATCH_BYTES // 1024} KB a batch"
    return WireError("too_large", f"This is too large: {limit}.", status=413)


def accept(call: Call, kind: str, *, sent_at: datetime | None, now: datetime) -> Incoming:
    """The call as an event to take in; raises WireError. `kind` is one of CALLS.

    `sent_at` is the batch's, for calls that bring none of their own.
    """
    incoming = Incoming(
        call=kind,
        name=_name(call, kind),
        at=_moment(call, sent_at, now),
        user_id=_id(call.user_id, "userId"),
        anonymous_id=_id(call.anonymous_id, "anonymousId"),
        previous_id=_id(call.previous_id, "previousId") if kind == "alias" else "",
        message_id=_id(call.message_id, "messageId"),
        properties=_properties(call, kind),
        context=_context(call, kind),
    )
    _require_ids(incoming)
    return incoming


def instant(value: str | int | float | None, field: str) -> datetime | None:
    """An ISO 8601 instant, UTC where it names no zone; None where there is none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _bad_instant(field)
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _bad_instant(field) from None


def _bad_instant(field: str) -> WireError:
    example = "2026-12-01T10:00:00.000Z"
    return WireError("invalid_timestamp", f"Write {field} in ISO 8601, as {example}.", field=field)


def _read(body: bytes, decode: Callable[[bytes], Any]) -> Any:
    try:
        return decode(body)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise WireError("invalid_json", f"This is not JSON in UTF-8: {error}.") from None


def _invalid(complaint: str) -> WireError:
    """The decoder's complaint, with the field it names taken out."""
    what, _, path = complaint.partition(" - at `$.")
    field = path.rstrip("`")
    code = "invalid_field" if field else "invalid_body"
    code = "invalid_number" if "out of range" in what else code
    where = f"Field {field}: " if field else "The body: "
    return WireError(code, f"{where}{what[:1].lower()}{what[1:]}.", field=field)


def _too_deep() -> WireError:
    return WireError("too_deep", f"Nest objects and lists at most {MAX_DEPTH} levels deep.")


def _checked(text: bytes) -> Call:
    call: Call = _read(text, _call)
    if text.count(b"{") + text.count(b"[") > MAX_DEPTH or b"\\u0000" in text:
        _walk(msgspec.json.decode(text), 1)
    return call


def _walk(value: Any, depth: int) -> None:
    """Refuse what nests too deep, and the character that PostgreSQL cannot store."""
    if isinstance(value, str):
        if "\0" in value:
            raise WireError("nul_not_allowed", "The character U+0000 cannot be stored: remove it.")
        return
    if not isinstance(value, dict | list):
        return
    if depth > MAX_DEPTH:
        raise _too_deep()
    for child in value.items() if isinstance(value, dict) else enumerate(value):
        _walk(child[0], depth + 1)
        _walk(child[1], depth + 1)


def _id(value: str | int | float | None, field: str) -> str:
    """An id as text: numbers as JavaScript prints them, blank ones as absent."""
    if not value and value != 0:
        return ""
    if not isinstance(value, str):
        value = int(value) if isinstance(value, float) and value.is_integer() else value
        value = str(value)
    if len(value) > MAX_NAME:
        raise WireError("too_long", f"{field} is longer than {MAX_NAME} characters.", field=field)
    return "" if value.isspace() else value


def _name(call: Call, kind: str) -> str:
    if kind != "track":
        return kind
    name = call.event or ""
    if not name or name.isspace():
        raise WireError("missing_event", "A track call needs a name in event.", field="event")
    if len(name) > MAX_NAME:
        raise WireError("too_long", f"event is longer than {MAX_NAME} characters.", field="event")
    if name in SYSTEM_NAMES:
        raise WireError("reserved_event", f"Sojourn writes {name}: rename it.", field="event")
    return name


def _moment(call: Call, sent_at: datetime | None, now: datetime) -> datetime:
    """When it happened by our clock: the client's time, moved by how far its clock was off."""
    field = "originalTimestamp" if call.timestamp in (None, "") else "timestamp"
    at = instant(call.timestamp, field) or instant(call.original_timestamp, field)
    if at is None:
        return now
    sent = instant(call.sent_at, "sentAt") or sent_at
    if sent is not None:
        try:
            at += now - sent
        except OverflowError:
            raise _bad_instant(field) from None
    if at > now + FUTURE:
        raise WireError("future_timestamp", f"{field} is more than a day ahead.", field=field)
    return at


def _properties(call: Call, kind: str) -> dict[str, Any]:
    if kind == "identify":
        return _traits(call)
    if kind == "group":
        return {**_traits(call), "groupId": _id(call.group_id, "groupId")}
    if kind == "alias":
        ids = {"previousId": call.previous_id, "userId": call.user_id}
        return {name: _id(value, name) for name, value in ids.items()}
    properties = call.properties or {}
    if kind in ("page", "screen"):
        extra = {"name": call.name, "category": call.category}
        properties = {**{key: value for key, value in extra.items() if value}, **properties}
    return properties


def _traits(call: Call) -> dict[str, Any]:
    """Traits stand in the call, or in its context: RudderStack's Python client puts them there."""
    nested = (call.context or {}).get("traits")
    if not isinstance(nested, dict):
        return call.traits or {}
    return {**nested, **(call.traits or {})}


def _context(call: Call, kind: str) -> dict[str, Any]:
    context = call.context or {}
    if kind == "identify" and "traits" in context:
        return {key: value for key, value in context.items() if key != "traits"}
    return context


def _require_ids(incoming: Incoming) -> None:
    if incoming.call != "alias":
        if not incoming.user_id and not incoming.anonymous_id:
            raise WireError("missing_id", "Give userId or anonymousId.", field="userId")
        return
    for value, field in ((incoming.user_id, "userId"), (incoming.previous_id, "previousId")):
        if not value:
            raise WireError("missing_id", f"An alias call needs {field}.", field=field)


def kind_of(call: Call) -> str:
    """The call's own word for itself, which the items of a batch need."""
    if call.type not in CALLS:
        raise WireError("invalid_type", f"type must be one of {', '.join(CALLS)}.", field="type")
    return call.type
