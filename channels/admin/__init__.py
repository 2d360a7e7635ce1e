"""The admin of channels: messages, accounts, and addresses that are never written to."""

from channels.admin import accounts, addresses, messages, panels

__all__ = ["accounts", "addresses", "messages", "panels"]
