"""Who can be reached on a channel. The channels say it themselves, in SQL, when they start.

A builder gets the alias of the `profiles_customer` row and a binder, and gives an expression that
is true or false.
"""

from collections.abc import Callable

from profiles.queries.conditions.binding import Binder

Reach = Callable[[str, Binder], str]

_REACH: dict[str, Reach] = {}


def register_reach(channel: str, builder: Reach) -> None:
    """Teach `{reachable: channel}`. A later registration replaces an earlier one."""
    _REACH[channel] = builder


def known_channels() -> frozenset[str]:
    """The channels that `{reachable: …}` understands, for `Vocabulary(channels=…)`."""
    return frozenset(_REACH)


def reach_sql(channel: str, customer: str, bind: Binder) -> str:
    """Whether the customer row `customer` can be reached; never on a channel that is gone."""
    builder = _REACH.get(channel)
    return f"(({builder(customer, bind)}) IS TRUE)" if builder else "false"
