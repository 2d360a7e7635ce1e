"""Who follows links and loads pictures without being a person: scanners, previews, prefetching.

Judged by the name they give themselves (Apple's mail privacy proxy says only `Mozilla/5.0`), and by
what no person does: a mail's link is followed before the mail is there, or two within a second.
"""

import datetime as dt
import re
from collections.abc import Hashable, Iterable
from typing import NamedTuple

NAMES = re.compile(
    r"bot\b|crawl|spider|scanner|barracuda|proofpoint|mimecast|safelinks|symantec|trendmicro|fireeye"
    r"|forcepoint|fortimail|sophos|cisco-ironport|microsoft office|ms-office|bitdefender|checkpoint"
    r"|facebookexternalhit|whatsapp|telegrambot|slackbot|linkpreview|preview|prerender|headlesschrome",
    re.IGNORECASE,
)
BARE = "Mozilla/5.0"


def is_machine(user_agent: str) -> bool:
    """Whether this is how a program calls itself. No name at all proves nothing."""
    return user_agent.strip() == BARE or NAMES.search(user_agent) is not None


AT_ONCE = dt.timedelta(seconds=1)


class Followed(NamedTuple):
    """One link of a mail was followed; `key` is whatever the caller calls that by."""

    key: Hashable
    at: dt.datetime
    url: str


def hasty(clicks: Iterable[Followed], *, delivered: dt.datetime | None) -> set[Hashable]:
    """The keys of the clicks on one mail that no person makes, in whatever order they are told.

    `delivered` is when the mailbox took it, in the provider's time; None where nobody said.
    """
    in_time = sorted(clicks, key=lambda click: click.at)
    found = {click.key for click in in_time if delivered is not None and click.at < delivered}
    recent: list[Followed] = []
    for click in in_time:
        recent = [each for each in recent if click.at - each.at < AT_ONCE]
        others = {each.key for each in recent if each.url != click.url}
        if others:
            found |= others | {click.key}
        recent.append(click)
    return found
