"""The admin of channels: messages, accounts, and addresses that are never written to."""

from channels.admin import accounts, addresses, brakes, calls, links, messages, notes, panels

__all__ = ["accounts", "addresses", "brakes", "calls", "links", "messages", "notes", "panels"]
