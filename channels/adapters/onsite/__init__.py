"""Messages on the shop's own pages: no provider, the feed is our own tables."""
