"""The emulators' server in HTTP/2, without TLS and without the upgrade: clients know beforehand."""

from typing import Any
from urllib.parse import parse_qsl, unquote

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from tests.emulators.server import Connection, Emulator, Reply, Request


class Http2Emulator(Emulator):
    """A provider that speaks nothing else."""

    def connection(self, others: set[Connection]) -> Connection:
        return Http2Connection(self, others)


class Http2Connection(Connection):
    """One request at a time, as our client makes them."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        self.h2 = h2.connection.H2Connection(config)
        self.h2.initiate_connection()
        self.stream, self.fields, self.body = 0, dict[str, str](), b""
        self.write(self.h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.H2Error:
            self.transport.close()
            return
        for event in events:
            self._heed(event)
        self.write(self.h2.data_to_send())

    def reply(self, reply: Reply) -> None:
        if self.transport.is_closing():
            return
        given = {"content-length": str(len(reply.body)), **reply.headers}
        fields = [(":status", str(reply.status)), *((k.lower(), v) for k, v in given.items())]
        self.h2.send_headers(self.stream, fields, end_stream=not reply.body)
        if reply.body:
            self.h2.send_data(self.stream, reply.body, end_stream=True)
        self.write(self.h2.data_to_send())

    def _heed(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            self.stream, self.body = event.stream_id, b""
            self.fields = {str(name): str(value) for name, value in event.headers}
        elif isinstance(event, h2.events.DataReceived):
            self.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.handle(self._request())

    def _request(self) -> Request:
        path, _, query = self.fields[":path"].partition("?")
        fields = dict(parse_qsl(query, keep_blank_values=True))
        headers = {name: value for name, value in self.fields.items() if name[0] != ":"}
        return Request(self.fields[":method"], unquote(path), fields, headers, self.body)
