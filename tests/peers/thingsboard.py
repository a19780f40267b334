"""A gateway of ThingsBoard's Python SDK with a device behind it, until its standard input ends:
`python thingsboard.py PORT`."""

from __future__ import annotations

import sys
import time

from tb_gateway_mqtt import TBGatewayMqttClient

DEVICE = "Pump 7"


def main() -> None:
    gateway = TBGatewayMqttClient("127.0.0.1", int(sys.argv[1]), username="token")
    gateway.connect()
    gateway.gw_connect_device(DEVICE, "pump")
    gateway.gw_send_attributes(DEVICE, {"fw_version": "1.4.2", "depth": 12})
    now_ms = int(time.time() * 1000)
    sent = gateway.gw_send_telemetry(
        DEVICE,
        [
            {"ts": now_ms - 1000, "values": {"flow": 3.5, "on": True}},
            {"ts": now_ms, "values": {"flow": 4.25}},
        ],
    )
    sent.get()
    sys.stdout.write("spoken\n")
    sys.stdout.flush()
    sys.stdin.read()
    gateway.gw_disconnect_device(DEVICE).get()
    gateway.disconnect()


if __name__ == "__main__":
    main()
