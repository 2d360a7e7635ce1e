"""Every channel without any network: what would have been sent stays in our own tables."""
