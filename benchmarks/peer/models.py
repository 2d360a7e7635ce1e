"""The tables a plain Django project would have for customers and their events."""

from django.db import models


class Person(models.Model):
    user_id = models.CharField(max_length=255, unique=True)
    traits = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Happening(models.Model):
    """An event with the indexes of Sojourn's log, and the message id that makes retries harmless."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=255)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    message_id = models.CharField(max_length=255, unique=True)
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["person", "name", "at"])]
