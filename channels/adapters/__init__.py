"""Providers: one folder each, always `adapter.py` (out) and `callbacks.py` (in)."""
