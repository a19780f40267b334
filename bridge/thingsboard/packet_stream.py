"""A device's connection as packets of MQTT: read one after another, and answered."""

from __future__ import annotations

import asyncio

from bridge.mqtt.packet import MalformedPacket

PACKET_WITHIN = 30.0  # seconds for a packet that has begun, and for the device to take an answer
LARGE = 32 * 1024  # bytes of a packet of which only some are held at once


class PacketStream:
    """Every method raises what a connection that is gone raises, and `TimeoutError`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def byte(self) -> int:
        """The next one, whenever it comes."""
        return (await self._reader.readexactly(1))[0]

    async def size(self) -> int:
        """Bytes of the packet that has begun. Raises `MalformedPacket`."""
        async with asyncio.timeout(PACKET_WITHIN):
            return await self._size()

    async def _size(self) -> int:
        size = shift = 0
        while True:
            byte = await self.byte()
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return size
            if shift > 21:
                raise MalformedPacket("a length of more than four bytes")

    async def body(self, limit: int) -> bytes:
        """What follows the first byte of a packet. Raises `MalformedPacket` beyond the limit."""
        size = await self._size()
        if size > limit:
            raise MalformedPacket(f"a packet of {size} bytes, over {limit}")
        return await self._reader.readexactly(size)

    async def exactly(self, size: int) -> bytes:
        async with asyncio.timeout(PACKET_WITHIN):
            return await self._reader.readexactly(size)

    async def say(self, packet: bytes) -> None:
        if packet:
            self._writer.write(packet)
            async with asyncio.timeout(PACKET_WITHIN):
                await self._writer.drain()
