"""The peer's views on the same server and behind the same bare handler as Sojourn's event API."""

from config.wsgi import Bare

application = Bare()
