"""One device's connection: its token opens it, its messages are committed one after another.

A message is acknowledged once it is durable: stored, or in quarantine. While the database cannot
take it, nothing more is read; after a while the connection ends without an acknowledgement, so that
the device sends again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bridge.decode.items import Reason
from bridge.errors import BridgeError
from bridge.http.queue import BadToken, Outcome, TooFast, Unavailable
from bridge.message import CONNECTED, DISCONNECTED, OVER_MQTT, TOKEN_ONLY
from bridge.mqtt.packet import MalformedPacket
from bridge.thingsboard import packets
from bridge.thingsboard.open_connections import OpenConnections
from bridge.thingsboard.packet_stream import LARGE, PacketStream

logger = logging.getLogger(__name__)

CONNECT_WITHIN = 10.0  # seconds from opening a connection to the end of its CONNECT
ANSWER_WITHIN = 30.0  # seconds a message waits for the database
TRY_AGAIN = 1.0  # seconds between two tries while the database is away
LOOK_AGAIN = 15.0  # seconds of silence after which the token is looked at: it may be another by now
LONGEST_KEEP_ALIVE = 600  # seconds, told to a device of MQTT 5 that would be silent for longer
PATIENCE = 1.5  # keep-alives until a silent device counts as gone (MQTT 5.0, 3.1.2.10)
MAX_OF_TOKEN = 10  # connections: one device must not have those of all, nor what is large
NOTHING_COMES = ("v1/devices/me/", "v2/")  # what may be subscribed; nothing is ever sent there

Take = Callable[[str, bytes, str], Awaitable[Outcome]]


class Ended(BridgeError):
    """The connection is over, for a reason of MQTT 5."""

    def __init__(self, reason: int, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class Connection:
    """`serve` it once. `take` has a message committed, by the token's device."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        take: Take,
        every: OpenConnections,
    ) -> None:
        self._stream = PacketStream(reader, writer)
        self._take = take
        self._every = every
        self._level = packets.LEVEL_5
        self._token = ""
        self._hears_why = True
        self.is_known = False  # whose it is
        self._patience = float("inf")  # seconds

    async def serve(self) -> None:
        """Until it ends, however it does."""
        try:
            client_id = await self._open()
        except (Ended, MalformedPacket, OSError, TimeoutError, asyncio.IncompleteReadError) as exc:
            self._every.refused += 1
            if self._every.refused.bit_count() == 1:  # the 1st, 2nd, 4th, 8th: no flood
                logger.info("not let in: %s", exc, extra={"action": "thingsboard_refused"})
            return
        await self._serve_opened(client_id)

    async def _open(self) -> str:
        """The client id, once the device is known. Raises what `serve` tells."""
        async with asyncio.timeout(CONNECT_WITHIN):
            head = await self._stream.byte()
            if head != packets.CONNECT << 4:
                raise MalformedPacket("the first packet is no CONNECT")
            found = packets.read_connect(await self._stream.body(packets.MAX_CONNECT))
        if found.level not in (packets.LEVEL_311, packets.LEVEL_5):
            # In the words of 3.1.1, which whoever speaks an older one understands.
            self._level = packets.LEVEL_5 if found.level > packets.LEVEL_5 else packets.LEVEL_311
            await self._refuse(packets.UNSUPPORTED_LEVEL, "it speaks another version of MQTT")
        self._level, self._token = found.level, found.token
        self._hears_why = found.hears_why
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._take(self._token, b"", TOKEN_ONLY)
        except BadToken:
            await self._refuse(packets.BAD_TOKEN, "no device has the token in its user name")
        except (Unavailable, TimeoutError):
            await self._refuse(packets.UNAVAILABLE, "the database is away")
        taken_over = (self._token, found.client_id) in self._every.by_client
        if self._every.of_token.get(self._token, 0) >= MAX_OF_TOKEN and not taken_over:
            await self._refuse(packets.TOO_MANY, f"its token has {MAX_OF_TOKEN} connections")
        told = found.keep_alive
        if self._level == packets.LEVEL_5 and not 0 < found.keep_alive <= LONGEST_KEEP_ALIVE:
            told = LONGEST_KEEP_ALIVE
        if told:
            self._patience = told * PATIENCE
        assigned = "" if found.client_id else f"tb-{secrets.token_hex(12)}"
        await self._stream.say(
            packets.connack(
                self._level,
                packets.SUCCESS,
                assigned=assigned,
                keep_alive=told * (told != found.keep_alive),
            )
        )
        return found.client_id or assigned

    async def _refuse(self, reason: int, why: str) -> None:
        await self._stream.say(packets.connack(self._level, reason))
        raise Ended(reason, why)

    async def _serve_opened(self, client_id: str) -> None:
        self.is_known = True
        task = self._every.add(self._token, client_id)
        ended = Ended(packets.SUCCESS, "")
        try:
            await self._durable(CONNECTED, b"")
            await self._read_packets()
        except MalformedPacket as exc:
            ended = Ended(packets.MALFORMED, str(exc))
        except BadToken:
            ended = Ended(packets.BAD_TOKEN, "its token is no device's any more")
        except Unavailable:
            ended = Ended(packets.UNAVAILABLE, "the database is away")
        except Ended as exc:
            ended = exc
        except asyncio.CancelledError:  # another connection has its client id, or we stop
            ended = Ended(packets.TAKEN_OVER, "")
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # it is gone
        finally:
            self._every.forget(self._token, client_id, task)
            await self._leave(ended)

    async def _leave(self, ended: Ended) -> None:
        every, token = self._every, self._token
        if str(ended):
            every.cut += 1
            logger.warning("cut off: %s", ended, extra={"action": "thingsboard_cut"})
        if ended.reason:
            with suppress(OSError, TimeoutError):
                await self._stream.say(packets.disconnect(self._level, ended.reason))
        if every.take_out(token):
            return  # the device is there still
        # Otherwise it is called gone later, for its silence.
        with suppress(BadToken, TooFast, Unavailable):
            await self._take(token, b"", DISCONNECTED)

    async def _read_packets(self) -> None:
        """Until the device says goodbye. Raises what `_serve_opened` tells."""
        while True:
            head = await self._head()
            kind, flags = head >> 4, head & 0x0F
            size = await self._stream.size()
            if size > packets.MAX_PACKET:
                raise Ended(packets.TOO_LARGE, f"a packet of {size} bytes")
            if size <= LARGE:
                await self._packet(kind, flags, await self._stream.exactly(size))
            else:
                async with self._every.large:
                    await self._packet(kind, flags, await self._stream.exactly(size))
            if kind == packets.DISCONNECT:
                return

    async def _packet(self, kind: int, flags: int, body: bytes) -> None:
        if kind == packets.PUBLISH:
            await self._publish(packets.read_publish(body, flags, self._level))
        elif kind == packets.PINGREQ:
            await self._stream.say(packets.PINGRESP)
        elif kind == packets.SUBSCRIBE and flags == 2:
            asked = packets.read_asked(body, self._level, subscribe=True)
            await self._stream.say(packets.suback(asked.mid, self._level, self._granted(asked)))
        elif kind == packets.UNSUBSCRIBE and flags == 2:
            asked = packets.read_asked(body, self._level, subscribe=False)
            await self._stream.say(packets.unsuback(asked, self._level))
        elif kind != packets.DISCONNECT:
            raise MalformedPacket(f"a packet of type {kind} is not expected")

    def _granted(self, asked: packets.Asked) -> list[int]:
        refused = packets.SUBSCRIPTION_REFUSED
        if self._level != packets.LEVEL_5:
            refused = packets.NOT_GRANTED_311
        return [
            min(q, 1) if name.startswith(NOTHING_COMES) else refused for name, q in asked.filters
        ]

    async def _publish(self, publish: packets.Publish) -> None:
        if publish.qos > 1:  # 3.1.1 has no other way to say it
            raise Ended(packets.QOS_NOT_SUPPORTED, "a message of QoS 2")
        outcome = await self._durable(OVER_MQTT + publish.topic, publish.payload)
        if not publish.qos:
            return
        reason, why = packets.SUCCESS, ""
        if outcome.problems:
            problem = outcome.problems[0]
            why = problem.detail if self._hears_why else ""
            if outcome.rejected:
                is_topic = problem.reason is Reason.UNKNOWN_TOPIC
                reason = packets.INVALID_TOPIC if is_topic else packets.INVALID_PAYLOAD
        await self._stream.say(packets.puback(publish.mid, self._level, reason, why))

    async def _durable(self, topic: str, payload: bytes) -> Outcome:
        """What became of it. Raises `BadToken`, `Unavailable`, `Ended`."""
        until = time.monotonic() + ANSWER_WITHIN
        while True:
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    return await self._take(self._token, payload, topic)
            except TooFast as exc:  # the network holds back what else it sends
                await asyncio.sleep(min(exc.seconds, ANSWER_WITHIN))
            except Unavailable:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(TRY_AGAIN)
            except TimeoutError as exc:
                raise Ended(packets.UNAVAILABLE, "the database has not answered") from exc

    async def _head(self) -> int:
        """The first byte of the next packet, whenever it comes. Looks at the token meanwhile."""
        silent_until = time.monotonic() + self._patience
        while True:
            try:
                async with asyncio.timeout(min(LOOK_AGAIN, silent_until - time.monotonic())):
                    return await self._stream.byte()
            except TimeoutError:
                if time.monotonic() >= silent_until:
                    raise
            with suppress(Unavailable):  # then nothing is known of it
                await self._take(self._token, b"", TOKEN_ONLY)
