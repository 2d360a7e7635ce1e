"""Which provider account hands over for which channel: the first active one by id."""

from collections.abc import Sequence
from typing import NamedTuple

import structlog
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
        settings = settings_of(account)
        if settings is not None:
            found[account.channel] = Way(account.id, settings)
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
        options={name: str(value) for name, value in options.items()},
    )


def by_slug(slug: str, *, adapter: str) -> AccountSettings | None:
    """The account that a callback names, whatever its state; None if there is no such account."""
    account = Account.objects.filter(slug=slug, adapter=adapter).first()
    return settings_of(account) if account else None


def by_ids(ids: Sequence[int]) -> dict[int, Way]:
    """The accounts that made these attempts, paused ones too."""
    rows = ((row.id, settings_of(row)) for row in Account.objects.filter(id__in=ids))
    return {number: Way(number, settings) for number, settings in rows if settings is not None}
