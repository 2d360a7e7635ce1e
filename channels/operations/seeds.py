"""The seed list: colleagues who get a copy of what is tested."""

from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from channels.core import address
from channels.models import Seed
from profiles.core.answers import Refused

CHANNELS = ("email", "sms")
ADD = """
INSERT INTO channels_seed (channel, address, name)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])
"""


def everybody() -> list[Seed]:
    """In the order in which they were given."""
    return list(Seed.objects.order_by("id"))


def addresses(channel: str) -> list[str]:
    """Those of one channel."""
    rows = Seed.objects.filter(channel=channel).order_by("id")
    return list(rows.values_list("address", flat=True))


def fault(channel: str, to: str) -> str:
    """Why a test message cannot go there; "" where it can."""
    if channel not in CHANNELS:
        return _("Test messages go by one of %s.") % ", ".join(CHANNELS)
    if not address.is_valid(channel, address.canonical(channel, to)):
        return _("%(to)s is no address for %(channel)s.") % {"to": to, "channel": channel}
    return ""


@transaction.atomic
def replace(given: Sequence[tuple[str, str, str]]) -> None:
    """The list is (channel, address, name) from now on, each address once. Raises Refused."""
    for channel, to, _name in given:
        if words := fault(channel, to):
            raise Refused("invalid", words, status=422)
    rows = {(channel, address.canonical(channel, to)): name for channel, to, name in given}
    columns = [[key[0] for key in rows], [key[1] for key in rows], list(rows.values())]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM channels_seed")
        cursor.execute(ADD, columns)
