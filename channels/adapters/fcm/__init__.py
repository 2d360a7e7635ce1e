"""Firebase Cloud Messaging: push to apps on Android, and on Apple devices that register there."""
