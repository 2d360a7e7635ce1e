"""Campaigns on a whole installation while its processes are killed, paused and flushed.

The truth is the providers' own log of what they took, kept by processes that no fault touches.
"""
