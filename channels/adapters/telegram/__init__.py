"""Telegram: a bot writes to chats, and hears what comes back from them."""
