"""Requests in, answers out: the event API and the customer routes of the management API."""
