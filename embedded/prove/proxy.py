"""A TCP proxy between bridge and broker that cuts, silences and shreds what passes through it."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
import time

from embedded.servers.ports import LOOPBACK

RECEIVE_SIZE = 65_536  # bytes of one read
POLL = 0.2  # seconds between looks at whether to end
CONNECT_SECONDS = 5.0
MAX_SLICE = 7  # bytes of a packet that pass at once while shredding
SLICED_BYTES = 2_000  # of one read that are shredded; the rest passes whole, or nothing would move
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: RST instead of FIN


class Proxy:
    """Listens on `port`; each connection gets one of its own to the target."""

    def __init__(self, target: tuple[str, int], chance: random.Random) -> None:
        self._target = target
        self._chance = chance
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(POLL)
        self.port: int = self._listener.getsockname()[1]
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._speaking = threading.Event()  # cleared: bytes are held back, connections stay open
        self._speaking.set()
        self._slicing = False
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def reset(self) -> int:
        """Cut every connection with RST; how many there were."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            with contextlib.suppress(OSError):
                # Both first: the thread that one shutdown wakes looks at the other end.
                for end in pair:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                for end in pair:
                    # Wakes the thread that reads it; closing alone would not.
                    end.shutdown(socket.SHUT_RD)
        return len(pairs)

    def silence(self, seconds: float) -> None:
        """Hold back everything for so long, then cut: a half-open connection."""
        self.freeze()
        try:
            time.sleep(seconds)
        finally:
            self.reset()
            self.thaw()

    def freeze(self) -> None:
        """Hold back everything that comes, and leave every connection open."""
        self._speaking.clear()

    def thaw(self) -> None:
        """Let what was held back pass, and what comes."""
        self._speaking.set()

    def slice(self, seconds: float) -> None:
        """Let a few bytes through at a time for so long."""
        self._slicing = True
        try:
            time.sleep(seconds)
        finally:
            self._slicing = False

    def close(self) -> None:
        self._ending.set()
        self._speaking.set()
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                inner, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            try:
                outer = socket.create_connection(self._target, CONNECT_SECONDS)
            except OSError:
                inner.close()
                continue
            pair = (inner, outer)
            with self._lock:
                self._pairs.add(pair)
            for end in pair:
                end.settimeout(None)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._carry, args=(pair,), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        """Both directions of one connection, until either end is over."""
        inner, outer = pair
        back = threading.Thread(target=self._pump, args=(outer, inner), daemon=True)
        back.start()
        self._pump(inner, outer)
        back.join()
        with self._lock:
            self._pairs.discard(pair)
        for end in pair:
            end.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(RECEIVE_SIZE):
                self._speaking.wait()
                if self._slicing:
                    data = self._shred(sink, data)
                sink.sendall(data)
        with contextlib.suppress(OSError):
            # Shutting down sends FIN, and what was cut shall end with the RST of its closing.
            if sink.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) != RESET_ON_CLOSE:
                sink.shutdown(socket.SHUT_RDWR)

    def _shred(self, sink: socket.socket, data: bytes) -> bytes:
        """Send the first bytes in slices; what is left."""
        at = 0
        while at < min(len(data), SLICED_BYTES):
            size = self._chance.randint(1, MAX_SLICE)
            sink.sendall(data[at : at + size])
            at += size
        return data[at:]
