"""An edge node of pysparkplug's with a device behind it: `python sparkplug.py PORT`.

It says a reading again and again until somebody asks for its births, is born again, says one more,
and dies when its standard input ends.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from pysparkplug import DataType, Device, EdgeNode, Message, Metric, get_current_timestamp

REBIRTH = "Node Control/Rebirth"
AGAIN_SECONDS = 0.2  # between two readings that perhaps nobody hears


def metric(name: str, datatype: DataType, value: Any) -> Metric:
    return Metric(timestamp=get_current_timestamp(), name=name, datatype=datatype, value=value)


def main() -> None:
    asked, ended = threading.Event(), threading.Event()

    def command(_: EdgeNode, message: Message) -> None:
        (told,) = message.payload.metrics
        assert (told.name, told.value) == (REBIRTH, True), told
        asked.set()

    node = EdgeNode(
        "hall",
        "line-1",
        [metric(REBIRTH, DataType.BOOLEAN, False), metric("speed", DataType.UINT16, 0)],
        cmd_callback=command,
    )
    node.register(Device("press", [metric("pressure", DataType.FLOAT, 6.25)]))
    threading.Thread(target=lambda: sys.stdin.read() or ended.set(), daemon=True).start()

    def connect() -> None:
        node.connect("127.0.0.1", port=int(sys.argv[1]), blocking=False)
        while not node._connected:  # the library says it in no other way
            ended.wait(AGAIN_SECONDS)

    connect()
    sys.stdout.write("spoken\n")
    sys.stdout.flush()
    while not (asked.is_set() or ended.is_set()):
        node.update([metric("speed", DataType.UINT16, 1450)])
        asked.wait(AGAIN_SECONDS)
    node.disconnect()
    connect()
    node.update_device("press", [metric("pressure", DataType.FLOAT, 6.5)])
    ended.wait()
    node.disconnect()


if __name__ == "__main__":
    main()
