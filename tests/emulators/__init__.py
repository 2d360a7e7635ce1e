"""Providers on loopback: they speak the real wire formats and keep their own log of what they took.

In a test they run in a thread (`with SendGrid() as provider:`), for benchmarks and crash tests as a
process of their own (`python -m tests.emulators sendgrid --port 8025 --log accepted.jsonl`).
"""
