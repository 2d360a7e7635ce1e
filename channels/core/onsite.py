"""Messages on the shop's own pages: who may read whose, and what a content may say of its place.

A name that others know or guess (`user_id`) proves nothing; what proves it is the shop's own
signature. The id of a nameless visitor is known to their browser alone, if it is long enough.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any

PLACEMENTS = ("inbox", "banner")
"""Where a message is shown; the first one unless its content's `data` says otherwise."""
BUTTONS = ("button", "dismiss")
"""What `data` may name the buttons: the one that leads on, and the one that closes."""
SHORTEST_VISITOR, LONGEST = 32, 200
MARKS = ("impression", "click", "dismiss")
"""What a page may tell of a message."""


_SPACED = re.compile(
    r"""("(?:\\.|[^"\\])*"|`[^`]*`)|/\*.*?\*/|\s*([=?:|&!<>{}()\[\],;+])\s*""", re.S
)


def lean(script: str) -> str:
    """Our own script without its comment, its indents and the spaces beside signs.

    Each of its lines ends with a sign, and what stands in quotes keeps its spaces.
    """
    flat = re.sub(r"\n\s*", "", script)
    close = _SPACED.sub(lambda found: found[1] or found[2] or "", flat)
    return close.replace(";}", "}").replace(",}", "}")


def user_token(secret: str, user_id: str) -> str:
    """What the shop's server gives the browser of a user who has logged in: HMAC-SHA256 in hex."""
    return hmac.digest(_bytes(secret), _bytes(user_id), hashlib.sha256).hex()


def is_user(secrets: Sequence[str], user_id: str, *, token: str) -> bool:
    """Did the shop's server sign this user with any of its secrets? False without one."""
    given = _bytes(token.strip().lower())
    genuine = False
    for secret in secrets:
        genuine |= hmac.compare_digest(_bytes(user_token(secret, user_id)), given)
    return genuine


def is_visitor(anonymous_id: str) -> bool:
    """Is it too long to be guessed? A UUID is long enough."""
    return SHORTEST_VISITOR <= len(anonymous_id) <= LONGEST and anonymous_id.isprintable()


def data_problem(data: Any) -> str:
    """What is wrong with a content's `data` as it is written, or ''."""
    given = data if isinstance(data, dict) else {}
    if given.get("placement", PLACEMENTS[0]) not in PLACEMENTS:
        return f"`placement` is {' or '.join(PLACEMENTS)}"
    wrong = next((name for name in BUTTONS if not isinstance(given.get(name, ""), str)), "")
    return f"`{wrong}` is the text of a button" if wrong else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
