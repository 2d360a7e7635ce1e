"""The hash by which a message's text is kept, so that what is shown later is what was sent."""

import hashlib


def digest(subject: str, html: str, text: str) -> str:
    """SHA-256 of subject, HTML and text, in hex; their lengths keep them apart."""
    parts = [part.encode("utf-8", "surrogatepass") for part in (subject, html, text)]
    sizes = ":".join(str(len(part)) for part in parts).encode()
    return hashlib.sha256(b"\0".join((sizes, *parts))).hexdigest()
