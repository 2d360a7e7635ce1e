"""Which addresses a request to a user-given URL may reach: the public internet and nothing else."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
"""The third quarter of an IPv6 address (RFC 5214) whose last is an IPv4 address."""

_NEITHER = tuple(map(ip_network, (
    "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "5f00::/16", "fec0::/10",
)))  # fmt: skip
"""Special by the registries of IANA, but not by those that every supported Python has learnt."""


def is_public(address: str) -> bool:
    """True for a global unicast address, also after unwrapping the IPv4 hidden in an IPv6."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        hidden = _embedded(parsed)
        if hidden is not None:
            parsed = hidden
        elif (int(parsed) >> 32) & 0xFFFFFFFF in _ISATAP:
            return _is_open(parsed) and _is_open(IPv4Address(int(parsed) & 0xFFFFFFFF))
    return _is_open(parsed)


def _is_open(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address, taken as it is, is one of a single machine on the internet."""
    special = any(address in network for network in _NEITHER)
    known = address.is_global and not address.is_multicast and not address.is_reserved
    return known and not special


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a mapped, translated (NAT64), 6to4 or Teredo address stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
