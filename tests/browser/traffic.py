"""What a page sends to the server and to kernels, and what it hears from them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1
from playwright.sync_api import Page, Request, WebSocket

CHANNELS = re.compile(r"/api/kernels/([^/?]+)/channels")


@dataclass(frozen=True)
class Message:
    """A message between the page and a kernel."""

    kernel: str
    channel: str
    header: Mapping[str, Any]
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What sort of message it is, as in ``"comm_open"``."""
        return str(self.header["msg_type"])

    @property
    def subshell(self) -> str | None:
        """The subshell that shall answer it; None for the main one."""
        return self.header.get("subshell_id")

    @property
    def target(self) -> str | None:
        """The target of a comm that opens."""
        return self.content.get("target_name")


class Traffic:
    """Everything between a page and its server from now on; make it before the page is loaded."""

    def __init__(self, page: Page) -> None:
        self.requests: list[tuple[str, str]] = []
        """Method and path of every HTTP request."""
        self.connections: list[str] = []
        """The kernel of every websocket that was opened to one."""
        self.sent: list[Message] = []
        self.heard: list[Message] = []
        page.on("request", self._note_request)
        page.on("websocket", self._note_socket)

    def kinds_sent(self, kernel: str | None = None) -> Counter[str]:
        """How many messages of each kind were sent, with the target of comms that opened: ``"comm_open of x"``."""
        return Counter(
            f"{message.kind} of {message.target}" if message.target else message.kind
            for message in self.sent
            if kernel in (None, message.kernel)
        )

    def paths(self, part: str) -> list[tuple[str, str]]:
        """The requests whose path has this part."""
        return [request for request in self.requests if part in request[1]]

    def _note_request(self, request: Request) -> None:
        self.requests.append((request.method, urlsplit(request.url).path))

    def _note_socket(self, socket: WebSocket) -> None:
        found = CHANNELS.search(socket.url)
        if not found:
            return
        kernel = found[1]
        self.connections.append(kernel)
        socket.on("framesent", lambda frame: self.sent.append(_read(kernel, frame)))
        socket.on("framereceived", lambda frame: self.heard.append(_read(kernel, frame)))


def _read(kernel: str, frame: str | bytes) -> Message:
    """Read a message as the protocol `v1.kernel.websocket.jupyter.org` writes it, or as one JSON."""
    if isinstance(frame, str):
        message = json.loads(frame)
        return Message(kernel, message["channel"], message["header"], message["content"])
    channel, (header, _parent, _metadata, content, *_buffers) = deserialize_msg_from_ws_v1(frame)
    return Message(kernel, channel, json.loads(header), json.loads(content))
