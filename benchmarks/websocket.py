"""The browser's end of a WebSocket (RFC 6455) over asyncio streams: no more than a measurement
needs, so that hundreds of them cost less than the server they measure."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from dataclasses import dataclass

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
MAX_FRAME = 16 * 1024 * 1024  # bytes of one frame
HANDSHAKE_TIMEOUT = 30.0  # seconds


class HandshakeRefused(Exception):
    """The server answered with something else than a WebSocket; the text is its status line."""


@dataclass(slots=True)
class Closed:
    """The server's close frame."""

    code: int


class WebSocket:
    """One connection. `receive` gives text frames, then `Closed` once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, text: str) -> None:
        self._send_frame(TEXT, text.encode())

    async def receive(self) -> bytes | Closed:
        while True:
            first, second = await self._reader.readexactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await self._reader.readexactly(8))
            if length > MAX_FRAME:
                raise ValueError(f"a frame of {length} bytes")
            payload = await self._reader.readexactly(length)
            match first & 0x0F:
                case 0x1:
                    return payload
                case 0x8:
                    self._send_frame(CLOSE, payload)
                    return Closed(struct.unpack("!H", payload[:2])[0] if payload else 1005)
                case 0x9:
                    self._send_frame(PONG, payload)

    async def close(self) -> None:
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65_536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        # A mask of zeros is a mask: it hides nothing, and here there is no proxy to protect.
        self._writer.write(head + b"\0\0\0\0" + payload)


async def connect(
    host: str, port: int, path: str, *, cookie: str = "", origin: str = ""
) -> WebSocket:
    """Raises `HandshakeRefused`, or `OSError` when nobody listens."""
    async with asyncio.timeout(HANDSHAKE_TIMEOUT):
        reader, writer = await asyncio.open_connection(host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: {origin or f'http://{host}:{port}'}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *([f"Cookie: {cookie}"] if cookie else []),
        ]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = await reader.readuntil(b"\r\n\r\n")
    status = answer.split(b"\r\n", 1)[0].decode()
    if " 101 " not in status:
        writer.close()
        raise HandshakeRefused(status)
    return WebSocket(reader, writer)
