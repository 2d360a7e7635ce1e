"""Apple Push Notification service: push to apps on Apple devices."""
