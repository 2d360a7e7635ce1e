"""Routes of the callbacks and of everything behind a message."""

from django.urls import path

from channels.views import callbacks, confirm, onsite, public, push

urlpatterns = [
    path("o/<str:token>", public.opened),
    path("c/<str:token>", public.clicked),
    path("u/<str:token>", public.unsubscribe),
    path("p/<str:token>", public.preferences),
    path("view/<str:token>", public.view),
    path("confirm/<str:token>", confirm.confirm),
    path("callbacks/sendgrid/<str:account>", callbacks.sendgrid),
    path("callbacks/twilio/<str:account>/status", callbacks.twilio),
    path("callbacks/twilio/<str:account>/inbound", callbacks.twilio),
    path("callbacks/telegram/<str:account>", callbacks.telegram),
    path("callbacks/webhook/<str:account>", callbacks.webhook),
    path("callbacks/<slug:adapter>/<str:account>", callbacks.report),
    path("callbacks/<slug:adapter>/<str:account>/<slug:part>", callbacks.report),
    path("push/sw.js", push.worker),
    path("push/sojourn-push.js", push.snippet),
    path("push/subscriptions", push.subscriptions),
    path("push/renewals", push.renewals),
    path("inbox/sojourn-inbox.js", onsite.snippet),
    path("inbox/feed", onsite.feed),
    path("inbox/events", onsite.events),
]
