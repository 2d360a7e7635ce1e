"""The session that django-anymail posts through: requests' preparing, our transport's sending.

So its backends keep connections, time-outs and the deadline as every adapter of ours does, and a
failure is a TransportError that knows what it has proven. No redirects, proxies or netrc.
"""

from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from channels.adapters.transport import Answer, Transport

# The transport writes these itself, and decodes nothing.
OURS = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})


class OnTransport(BaseAdapter):
    """Sends what requests has prepared. Raises TransportError."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        given = {name: _text(value) for name, value in request.headers.items()}
        headers = {name: value for name, value in given.items() if name.lower() not in OURS}
        body = request.body.encode() if isinstance(request.body, str) else request.body
        answer = self._transport.request(
            request.method or "POST", request.url or "", headers=headers, body=body or b""
        )
        return _response(answer, request)

    def close(self) -> None:
        """The transport is closed by whoever opened it."""


class Session(requests.Session):
    """For one message; what it leads to is shared."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        for scheme in ("https://", "http://"):
            self.mount(scheme, OnTransport(transport))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere: a redirect is an answer like any other."""


def _response(answer: Answer, request: requests.PreparedRequest) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    response.encoding = "utf-8"
    response.url, response.request = request.url or "", request
    response._content = answer.body
    return response


def answer_of(response: requests.Response) -> Answer:
    """The answer again, in the words of our table of statuses."""
    headers: Mapping[str, str] = response.headers
    lowered = {name.lower(): value for name, value in headers.items()}
    return Answer(response.status_code, lowered, response.content)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")
