"""Who may see the pages that belong to no table."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest


def require_sandbox(request: HttpRequest) -> None:
    """404 outside the sandbox, 403 for those who may not read messages."""
    if not settings.SOJOURN_SANDBOX:
        raise Http404
    if not request.user.has_perm("channels.view_message"):
        raise PermissionDenied
