"""Twilio: SMS and WhatsApp out, delivery reports and replies in."""
