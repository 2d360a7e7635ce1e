"""Requests in, answers out: callbacks, the public pages behind a message, push, the message API."""
