"""The connection to Valkey or Redis, for wake-ups and rates: nothing that may not be lost."""

from functools import lru_cache

import redis
from django.conf import settings

UNREACHABLE = (OSError, redis.RedisError)
SECONDS = 1.0
"""Slow answers count as none: callers go on without."""


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """One pool a process."""
    url: str = settings.BROKER_URL if speaks_redis(settings.BROKER_URL) else settings.REDIS_URL
    url = url.replace("redis+socket://", "unix://")
    return redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


def speaks_redis(url: str) -> bool:
    return url.startswith(("redis", "unix"))
