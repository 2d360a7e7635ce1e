"""Tables of HOW a message leaves and what became of it. Facts about one row; no workflows."""

from channels.models.account import Account
from channels.models.call import Call
from channels.models.delivery import Attempt, Receipt
from channels.models.device import Device, Suppression
from channels.models.linkcheck import LinkCheck
from channels.models.message import Content, Link, Message, MessageBody
from channels.models.pacing import FrequencyCap, Halt, Pace, Pulse
from channels.models.seed import Seed
from channels.models.template import Template, TemplateVersion

__all__ = [
    "Account",
    "Attempt",
    "Call",
    "Content",
    "Device",
    "FrequencyCap",
    "Halt",
    "Link",
    "LinkCheck",
    "Message",
    "MessageBody",
    "Pace",
    "Pulse",
    "Receipt",
    "Seed",
    "Suppression",
    "Template",
    "TemplateVersion",
]
