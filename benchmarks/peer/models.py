"""The tables a plain Django project would have for customers and their events."""

from django.db import models


class Person(models.Model):
    user_id = models.CharField(max_length=255, unique=True)
    traits = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)


class Happening(models.Model):
    """An event with the indexes of our log, and the message id that makes retries harmless."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, db_index=False)
    name = models.CharField(max_length=255)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    message_id = models.CharField(max_length=255, unique=True)
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["person", "name", "at"])]


class Letter(models.Model):
    """An e-mail that a rule sent; one for each event and rule."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    happening = models.ForeignKey(Happening, on_delete=models.CASCADE)
    rule = models.IntegerField()
    status = models.CharField(max_length=20, default="queued")
    provider_id = models.CharField(max_length=100, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["happening", "rule"], name="letter_once_a_rule")
        ]
