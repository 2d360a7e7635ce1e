"""What an address of each channel looks like, and the one spelling in which it is suppressed."""

import re
from functools import lru_cache

import phonenumbers

EMAIL = re.compile(
    r"[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[^\s@<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,255}"
)
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
PHONES = ("sms", "whatsapp")
COLUMNS = {"email": "email", "sms": "phone", "whatsapp": "phone"}
"""The channels whose address is a column of the customer. Push and chats go to devices."""


def canonical(channel: str, address: str) -> str:
    """The spelling that suppressions are kept in: e-mail in lower case, phones as `+digits`."""
    address = address.strip()
    if channel == "email":
        return address.lower()
    if channel in PHONES:
        digits = "".join(letter for letter in address if letter.isascii() and letter.isdigit())
        return f"+{digits}" if digits else ""
    return address


def is_valid(channel: str, address: str) -> bool:
    """Whether a provider of the channel could take this address at all."""
    if channel == "email":
        return EMAIL.fullmatch(address) is not None
    if channel in PHONES:
        return PHONE.fullmatch(address) is not None
    return bool(address)


@lru_cache(maxsize=65536)
def country_of(phone: str) -> str:
    """The country (ISO 3166, two letters) of a number in E.164; '' where it has none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(phone)) or ""
    except phonenumbers.NumberParseException:
        return ""
