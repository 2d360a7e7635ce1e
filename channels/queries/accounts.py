"""Which provider account hands over for which channel: the first by id that may and can."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from channels.core.gate import OPEN, PAUSED
from channels.core.message import AccountSettings
from channels.core.price import UNKNOWN, PriceProblem, Prices, parse
from channels.models import Account
from channels.queries import pacing

log = structlog.get_logger(__name__)


class Way(NamedTuple):
    """An open account: its row's id, what its adapter needs to know, and what a segment costs."""

    id: int
    settings: AccountSettings
    prices: Prices = UNKNOWN


class Ways(NamedTuple):
    """`open` by channel, and by adapter (`kinds`) for channels whose devices are of several kinds;
    `paused` are the channels that have accounts, but none to use now; `adapters` all that have any.
    """

    open: dict[str, Way]
    paused: list[str]
    kinds: dict[str, Way] = {}
    adapters: tuple[str, ...] = ()

    def way(self, channel: str, kind: str = "") -> Way | None:
        """The account that hands over on this channel, to a device of this kind."""
        return self.kinds.get(kind) if kind else self.open.get(channel)

    def state(self, channel: str, kind: str = "") -> str:
        """As the gates call it: open, paused, or no_account."""
        if self.way(channel, kind) is not None:
            return OPEN
        return PAUSED if channel in self.paused or kind in self.adapters else "no_account"

    def accounts(self) -> dict[int, Way]:
        """All that are open, by id."""
        return {way.id: way for way in (*self.open.values(), *self.kinds.values())}


def ways(*, resting: Sequence[int] = ()) -> Ways:
    """All channels. `resting` accounts were told by their provider to wait."""
    found: dict[str, Way] = {}
    kinds: dict[str, Way] = {}
    known = list(Account.objects.order_by("id"))
    waiting = {*resting, *pacing.waiting()} if known else set()
    for account in known:
        taken = account.channel in found and account.adapter in kinds
        if account.state != "active" or account.id in waiting or taken:
            continue
        known_settings = settings_of(account)
        if known_settings is not None:
            way = Way(account.id, known_settings, _prices(account))
            found.setdefault(account.channel, way)
            kinds.setdefault(account.adapter, way)
    paused = dict.fromkeys(row.channel for row in known if row.channel not in found)
    return Ways(found, list(paused), kinds, tuple(dict.fromkeys(row.adapter for row in known)))


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
        options=({"allow_private": "1"} if on_trial() else {})
        | {name: str(value) for name, value in options.items()},
    )


def prices(channel: str) -> Prices:
    """By what the account would be charged that hands over on this channel, open or not."""
    account = Account.objects.filter(channel=channel).order_by("state", "id").first()
    return _prices(account) if account else UNKNOWN


def _prices(account: Account) -> Prices:
    try:
        return parse(account.prices)
    except PriceProblem as error:
        log.error("prices_unreadable", account=account.slug, problem=str(error))
        return UNKNOWN


def on_trial() -> bool:
    """Whether the deployment calls itself local: then what it calls may be local too."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def by_slug(slug: str, *, adapter: str) -> AccountSettings | None:
    """The account that a callback names, whatever its state; None if there is no such account."""
    account = Account.objects.filter(slug=slug, adapter=adapter).first()
    return settings_of(account) if account else None


def by_ids(ids: Sequence[int]) -> dict[int, Way]:
    """The accounts that made these attempts, paused ones too."""
    rows = ((row.id, settings_of(row)) for row in Account.objects.filter(id__in=ids))
    return {number: Way(number, found) for number, found in rows if found is not None}
