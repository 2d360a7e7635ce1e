"""A message as another system gets it: one JSON object, always with the same fields."""

import msgspec

from channels.core.message import Outgoing

FIELDS = ("title", "body", "text", "url", "image", "data")


def body(message: Outgoing) -> bytes:
    """The message as JSON in UTF-8. `id` is the same for every attempt; `at` is in UTC."""
    return msgspec.json.encode(
        {
            "type": "message",
            "id": message.uid,
            "to": message.to,
            "channel": "webhook",
            "at": message.at,
            **{name: getattr(message, name) for name in FIELDS},
        }
    )


def secrets(given: str) -> list[str]:
    """The secrets of an account: several, with commas, while one replaces another."""
    return [secret.strip() for secret in given.split(",") if secret.strip()]
