"""Which addresses a user-given URL may lead to."""

import pytest

from channels.core.network import is_public

PRIVATE = """127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1
169.254.169.254 100.64.0.1 198.18.0.1 192.0.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
::1 :: fc00::1 fe80::1
fe80::1%eth0 ff02::1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 64:ff9b::7f00:1
2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:f5ff:fffe nonsense 127.1 2130706433
::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b:1::7f00:1 2001:470::5efe:7f00:1 2606:4700::200:5efe:a00:1
fec0::1 3fff::1 5f00::1 2001:db8::1 100::1 192.0.0.8 192.0.2.1 192.88.99.1 198.51.100.1 203.0.113.1
0.1.2.3 100.127.255.255 ff0e::1"""
PUBLIC = (
    "1.1.1.1 8.8.8.8 142.250.1.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::"
    " 2001:470::5efe:808:808 100.128.0.1 192.0.1.1"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_what_is_not_the_public_internet_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_the_public_internet_is_allowed(address: str) -> None:
    assert is_public(address)
