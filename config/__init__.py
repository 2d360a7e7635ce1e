"""Wiring: settings, processes, routes. Nothing here decides anything about a customer."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
