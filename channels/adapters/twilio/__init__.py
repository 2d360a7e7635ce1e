"""Twilio: SMS out, delivery reports and replies in."""
