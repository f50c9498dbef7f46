"""Messages between a kernel and a worker process, over a pair of pipes of their own: no lock is shared with others."""

from __future__ import annotations

import io
import pickle
import struct
import threading
from typing import Any

__all__ = ["Channel"]

_HEADER = struct.Struct("<Q")


class Channel:
    """Sends and receives Python values over two unbuffered binary files.

    Any thread may send, one thread receives.
    """

    def __init__(self, source: io.RawIOBase, target: io.RawIOBase) -> None:
        self._source = source
        self._target = target
        self._sending = threading.Lock()

    def send(self, *message: Any) -> None:
        """Send a message.

        Raises
        ------
        OSError, ValueError
            When nobody is at the other end, or the channel is closed.
        """
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._sending:
            rest = memoryview(_HEADER.pack(len(data)) + data)
            while rest:
                rest = rest[self._target.write(rest) or 0 :]

    def receive(self) -> tuple[Any, ...] | None:
        """Wait for the next message; None when the other end is gone."""
        try:
            (size,) = _HEADER.unpack(self._read(_HEADER.size))
            message: tuple[Any, ...] = pickle.loads(self._read(size))
        except (EOFError, OSError, ValueError):
            return None
        return message

    def _read(self, size: int) -> bytearray:
        data = bytearray(size)
        rest = memoryview(data)
        while rest:
            count = self._source.readinto(rest)
            if not count:
                raise EOFError
            rest = rest[count:]
        return data

    def close(self) -> None:
        """Close both files."""
        self._source.close()
        self._target.close()
