"""Frames between the program and its llama.cpp worker: a length, then JSON.

JSON and not pickle: what comes back from the process that parses strangers' files must not be able
to run anything here.
"""

from __future__ import annotations

import json
import os
import struct
from typing import Any

_LENGTH = struct.Struct(">I")
Frame = dict[str, Any]


def pack(frame: Frame) -> bytes:
    """The bytes of one frame. Lone surrogates survive as escapes."""
    body = json.dumps(frame, separators=(",", ":")).encode("ascii")
    return _LENGTH.pack(len(body)) + body


def write_frame(fd: int, frame: Frame) -> None:
    """Write one frame, waiting while the pipe is full. Raises ``OSError`` if nobody reads."""
    rest = memoryview(pack(frame))
    while rest:
        rest = rest[os.write(fd, rest) :]


def read_frame(fd: int) -> Frame | None:
    """Wait for one frame; ``None`` at the end of the pipe, also in the middle of a frame."""
    head = _read_exactly(fd, _LENGTH.size)
    if head is None:
        return None
    body = _read_exactly(fd, _LENGTH.unpack(head)[0])
    if body is None:
        return None
    frame: Frame = json.loads(body)
    return frame


def _read_exactly(fd: int, count: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < count:
        part = os.read(fd, min(count - len(parts), 1 << 20))
        if not part:
            return None
        parts += part
    return bytes(parts)
