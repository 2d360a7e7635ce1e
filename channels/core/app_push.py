"""What a push to an app carries besides what is shown, the same for Android and Apple."""

from typing import Any

import msgspec

from channels.core.message import Outgoing


def target(message: Outgoing) -> str:
    """The app's device token."""
    return message.device.endpoint if message.device else message.to


def extras(message: Outgoing) -> dict[str, str]:
    """For the app itself, as strings: the message's data, where a tap leads, the picture.

    `tag` is our id: an app that draws its own notifications folds repeats by it.
    """
    ours = {"url": message.url, "image": message.image, "tag": message.uid}
    given = {name: text(value) for name, value in message.data.items()}
    return given | {name: value for name, value in ours.items() if value}


def text(value: Any) -> str:
    """A value as a string; whatever is none already, as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
