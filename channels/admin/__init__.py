"""The admin of channels: messages, the accounts they leave by, and the addresses they may not reach."""

from channels.admin import accounts, addresses, messages, panels

__all__ = ["accounts", "addresses", "messages", "panels"]
