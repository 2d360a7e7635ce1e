"""Who follows links and loads pictures without being a person: scanners, previews, prefetching.

Judged by the name they give themselves. Apple's mail privacy proxy says only `Mozilla/5.0`.
"""

import re

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
