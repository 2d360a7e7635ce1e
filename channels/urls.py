"""Routes of the callbacks and of everything behind a message."""

from django.urls import path

from channels.views import callbacks, public, push

urlpatterns = [
    path("o/<str:token>", public.opened),
    path("c/<str:token>", public.clicked),
    path("u/<str:token>", public.unsubscribe),
    path("p/<str:token>", public.preferences),
    path("view/<str:token>", public.view),
    path("callbacks/sendgrid/<str:account>", callbacks.sendgrid),
    path("callbacks/twilio/<str:account>/status", callbacks.twilio),
    path("callbacks/twilio/<str:account>/inbound", callbacks.twilio),
    path("push/sw.js", push.worker),
    path("push/sojourn-push.js", push.snippet),
    path("push/subscriptions", push.subscriptions),
]
