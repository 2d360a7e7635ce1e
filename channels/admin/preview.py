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
    '<meta charset="utf-8"><style>a{cursor:default}</style>'
)
PIXEL = re.compile(r"""(<img\b[^>]*\bsrc\s*=\s*["']?)[^"'\s>]*/o/[^"'\s>]+""", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b.*?(?:</script\s*>|\Z)", re.IGNORECASE | re.DOTALL)
LINK = re.compile(r"""(<(?:a|area|form)\b[^>]*?\s)(href|action|formaction)(\s*=)""", re.IGNORECASE)


def preview(html: str) -> str:
    """The document for `srcdoc`: scripts and our open pixel are taken out, links lead nowhere."""
    return HEAD + LINK.sub(r"\1data-\2\3", PIXEL.sub(r"\1data:,", SCRIPT.sub("", html)))
