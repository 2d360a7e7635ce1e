"""The whole product as its users run it: `manage.py up`, official clients, providers' SDKs."""
