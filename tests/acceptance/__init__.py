"""The whole product as its users run it: `manage.py up`, official clients in, providers' SDKs out."""
