"""Which provider account hands over for which channel: the first active one by id."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from channels.core.message import AccountSettings
from channels.models import Account

log = structlog.get_logger(__name__)


class Way(NamedTuple):
    """An open account: its row's id and what its adapter needs to know."""

    id: int
    settings: AccountSettings


class Ways(NamedTuple):
    """`open` by channel; `paused` are the channels that have accounts, but none to use now."""

    open: dict[str, Way]
    paused: list[str]


def ways(*, resting: Sequence[int] = ()) -> Ways:
    """All channels in one query. `resting` accounts were told by their provider to wait."""
    found: dict[str, Way] = {}
    known = list(Account.objects.order_by("id"))
    for account in known:
        if account.state != "active" or account.id in resting or account.channel in found:
            continue
        known_settings = settings_of(account)
        if known_settings is not None:
            found[account.channel] = Way(account.id, known_settings)
    channels = dict.fromkeys(account.channel for account in known)
    return Ways(found, [channel for channel in channels if channel not in found])


def settings_of(account: Account) -> AccountSettings | None:
    """The account as its adapter sees it; None, and a line in the log, if it is unreadable."""
    try:
        options = account.options
    except ImproperlyConfigured as error:
        log.error("account_unreadable", account=account.slug, problem=str(error))
        return None
    return AccountSettings(
        slug=account.slug,
        adapter=account.adapter,
        sender=account.sender,
        options=_trial() | {name: str(value) for name, value in options.items()},
    )


def _trial() -> dict[str, str]:
    """A deployment that calls itself local is on trial: its push services may be local too."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    local = host == "localhost" or host.startswith("127.") or host == "::1"
    return {"allow_private": "1"} if local else {}


def by_slug(slug: str, *, adapter: str) -> AccountSettings | None:
    """The account that a callback names, whatever its state; None if there is no such account."""
    account = Account.objects.filter(slug=slug, adapter=adapter).first()
    return settings_of(account) if account else None


def by_ids(ids: Sequence[int]) -> dict[int, Way]:
    """The accounts that made these attempts, paused ones too."""
    rows = ((row.id, settings_of(row)) for row in Account.objects.filter(id__in=ids))
    return {number: Way(number, found) for number, found in rows if found is not None}
