"""Firebase reports nothing back over HTTP; a token that is gone shows at the next send."""

from channels.adapters.base import NO_CALLBACKS, Malformed, RawRequest, Refusal
from channels.core.message import AccountSettings
from channels.core.receipt import Receipt


def verify(account: AccountSettings, request: RawRequest) -> Refusal | None:
    """Whoever calls here is not the provider."""
    return NO_CALLBACKS


def parse(account: AccountSettings, request: RawRequest) -> list[Receipt] | Malformed:
    """Never reached by a verified request."""
    return Malformed(code=NO_CALLBACKS.code, message=NO_CALLBACKS.message)
