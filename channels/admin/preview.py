"""Shows a rendered mail without being its reader: no script, no pixel, no followed link.

The page puts the result into an iframe with an empty `sandbox`: that is the first fence,
this the second.
"""

import re

POLICY = (
    "default-src 'none'; img-src data: https:; style-src 'unsafe-inline'; "
    "font-src data:; form-action 'none'"
)
HEAD = (
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta charset="utf-8"><style>a{cursor:default}'
    ":where(a[data-href]){color:-webkit-link;text-decoration:underline}</style>"
)
PIXEL = re.compile(r"""(<img\b[^>]*\bsrc\s*=\s*["']?)[^"'\s>]*/o/[^"'\s>]+""", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.IGNORECASE | re.DOTALL)
LINK = re.compile(r"""(<(?:a|area|form)\b[^>]*?\s)(href|action|formaction)(\s*=)""", re.IGNORECASE)


DARK_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
DARK = "<style>:root{color-scheme:dark}</style>"
INVERTED = (
    "<style>html{background:#fff;filter:invert(1) hue-rotate(180deg);min-height:100%}"
    "img,video,[style*='background-image'],[background]"
    "{filter:invert(1) hue-rotate(180deg)}</style>"
)
"""What programs do to a mail that says nothing of the dark: they turn its colours round."""


def preview(html: str, *, dark: bool = False) -> str:
    """The document for `srcdoc`: scripts and our open pixel are taken out, links lead nowhere.

    `dark` shows it as in the dark: by its own rules for that, else with its colours turned round.
    """
    safe = LINK.sub(r"\1data-\2\3", PIXEL.sub(r"\1data:,", SCRIPT.sub("", html)))
    if not dark:
        return HEAD + safe
    own = DARK_QUERY.search(safe) is not None
    return HEAD + (DARK + DARK_QUERY.sub("(min-width: 0)", safe) if own else INVERTED + safe)
