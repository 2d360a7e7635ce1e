"""Which addresses belong to people who were erased. Only hashes are known of them."""

import datetime as dt
import hashlib
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from profiles.core.erasure import fingerprint

Address = tuple[str, str]
"""Channel, and address in its canonical spelling."""


class Closed(NamedTuple):
    """Why an address is closed, and since when."""

    reason: str
    at: dt.datetime


def hashed(addresses: Collection[Address]) -> dict[str, Address]:
    """The addresses by what is kept of them."""
    secret = _secret(settings.SECRET_KEY)
    return {fingerprint(secret, *each): each for each in addresses if each[1]}


def erased(addresses: Collection[Address]) -> dict[Address, Closed]:
    """Those of the addresses whose people were erased."""
    wanted = hashed(addresses)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, reason, at FROM profiles_erasedaddress WHERE hash = ANY(%s)",
            [list(wanted)],
        )
        return {wanted[row[0]]: Closed(row[1], row[2]) for row in cursor.fetchall()}


@lru_cache(maxsize=4)
def _secret(key: str) -> bytes:
    return hashlib.sha256(b"sojourn.erased.address:" + key.encode()).digest()
