"""Routes. The busiest come first; each house brings its own."""

from django.contrib import admin
from django.urls import include, path

from config import health
from config.api import api

handler500 = "config.errors.server_error"
urlpatterns = [
    path("", include("profiles.urls")),
    path("", include("channels.urls")),
    path("api/v1/", api.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("admin/", admin.site.urls),
    path("", health.home),
]
