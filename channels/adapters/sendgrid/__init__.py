"""SendGrid: mail over its v3 API, events over its signed Event Webhook."""
