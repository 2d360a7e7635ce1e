"""When a message that the provider did not take is tried again: full jitter, drawn by hash."""

import hashlib
from datetime import timedelta

BASE_SECONDS = 5.0
CAP_SECONDS = 3600.0
MAX_ATTEMPTS = 12


def delay(uid: str, attempt: int, *, retry_after: float | None = None) -> timedelta:
    """How long to wait after attempt number `attempt`: never less than the provider asked for.

    Full jitter: uniform in (0, min(cap, base · 2^attempt)], as in AWS's "Exponential Backoff And
    Jitter"; the draw is a hash, so that the same message and attempt wait equally long everywhere.
    """
    ceiling = min(CAP_SECONDS, BASE_SECONDS * 2.0 ** min(attempt, 20))
    drawn = int.from_bytes(hashlib.sha256(f"{uid}:{attempt}".encode()).digest()[:6], "big")
    jittered = ceiling * (drawn + 1) / 2**48
    return timedelta(seconds=max(jittered, retry_after or 0.0))
