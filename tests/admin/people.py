"""People who log in, each with a role."""

from django.contrib.auth.models import Group, User
from django.test import Client


def member(name: str, *roles: str) -> Client:
    """Somebody of the staff with these roles, logged in."""
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=roles))
    assert user.groups.count() == len(roles)
    client = Client()
    client.force_login(user)
    return client
