"""Routes of the event API. Clients write the calls out or name them by a letter."""

from django.urls import path

from profiles.core.events import CALLS
from profiles.views import ingest

LETTERS = {call[0]: call for call in CALLS}

urlpatterns = [
    *(path(f"v1/{name}", ingest.batch) for name in ("batch", "import", "b")),
    *(path(f"v1/{call}", ingest.one, {"kind": call}) for call in CALLS),
    *(path(f"v1/{letter}", ingest.one, {"kind": call}) for letter, call in LETTERS.items()),
    path("v1/projects/<str:key>/settings", ingest.settings_of),
    path("sourceConfig/", ingest.source_config),
    path("beacon/v1/batch", ingest.batch),
    path("v1/<path:path>", ingest.unknown),
]
