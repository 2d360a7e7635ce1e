"""How many events a second a key may send: a token bucket in Valkey, shared by all web processes.

A bucket may go into debt by one request, so that a batch larger than the rate passes too, and then
waits. If Valkey cannot be reached, nobody is slowed down.
"""

import logging
import math
from typing import NamedTuple

from profiles.operations import valkey

log = logging.getLogger(__name__)

_SPEND = """
local rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local left, since = tonumber(state[1]) or rate, now - (tonumber(state[2]) or now)
local tokens = math.min(rate, left + since * rate)
local allowed = tokens >= 1 and 1 or 0
if allowed == 1 then tokens = tokens - cost end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((rate - tokens) / rate) + 1)
return {allowed, tostring(tokens)}
"""


class Allowance(NamedTuple):
    """Whether the request passes, what is left, and the seconds until the next may come."""

    allowed: bool
    limit: int
    remaining: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit fields, and Retry-After on refusal."""
        given = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.wait),
        }
        return given if self.allowed else {**given, "Retry-After": str(self.wait)}


def spend(key_id: int, events: int, *, rate: int) -> Allowance:
    """Take `events` out of the key's bucket, which fills at `rate` a second, up to `rate`."""
    try:
        keys, arguments = [f"sojourn:rate:{key_id}"], [str(rate), str(events)]
        allowed, left = valkey.client().eval(_SPEND, 1, *keys, *arguments)
    except valkey.UNREACHABLE as error:
        log.warning("the rate of key %s is not watched: %s", key_id, error)
        return Allowance(allowed=True, limit=rate, remaining=rate, wait=0)
    tokens = float(left)
    wait = max(0, math.ceil((1 - tokens) / rate))
    return Allowance(bool(allowed), rate, max(0, math.floor(tokens)), wait)
