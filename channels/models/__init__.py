"""Tables of HOW a message leaves and what became of it. Facts about one row; no workflows."""

from channels.models.account import Account
from channels.models.delivery import Attempt, Receipt
from channels.models.device import Device, Suppression
from channels.models.message import Content, Link, Message, MessageBody

__all__ = [
    "Account",
    "Attempt",
    "Content",
    "Device",
    "Link",
    "Message",
    "MessageBody",
    "Receipt",
    "Suppression",
]
