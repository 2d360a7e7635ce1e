"""The usual way of doing the same work, as a competent team would write it with Django and Celery:
plain views, the ORM, one task per customer. It stands beside Sojourn in the same run.
"""
