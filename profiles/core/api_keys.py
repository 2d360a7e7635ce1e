"""API keys: their kinds, what they may be allowed, and the only form in which they are kept."""

import hashlib

SCOPES = ("read", "write", "publish", "privacy")
"""What keys of kind `api` may be allowed; a key of kind `write` takes events in and has none."""
KINDS = {"write": "sjw", "api": "sja"}
"""The kinds, and how keys of each begin."""
SHOWN = 8
"""How much of a key stays readable, so that people can tell their keys apart."""


def digest(key: str) -> str:
    """What is stored and looked up instead of the key: keys are random, so one round suffices."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
