"""No provider reports: customers' browsers do, at addresses of their own: channels.views.onsite."""

from channels.adapters.base import NO_CALLBACKS, Malformed, RawRequest, Refusal
from channels.core.message import AccountSettings
from channels.core.receipt import Receipt


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Whoever calls here is nobody's provider."""
    return NO_CALLBACKS


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """Never reached by a verified request."""
    return Malformed(code=NO_CALLBACKS.code, message=NO_CALLBACKS.message)
