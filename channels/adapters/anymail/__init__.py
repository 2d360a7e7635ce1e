"""Other e-mail providers, through the mappings of django-anymail."""
