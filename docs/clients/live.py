"""Prints what devices measure and what is changed, as it happens. pip install websockets"""

import json
import os
from urllib.request import Request, urlopen

from websockets.sync.client import connect

URL = os.environ.get("PULSEBOARD_URL", "http://localhost:8000")
TOKEN = {"Authorization": f"Bearer {os.environ['PULSEBOARD_TOKEN']}"}

fleet = json.load(urlopen(Request(f"{URL}/api/v1/fleet/", headers=TOKEN)))["devices"]
names = {s["id"]: f"{d['uid']} {s['metric']}" for d in fleet for s in d["series"]}
with connect(URL.replace("http", "ws", 1) + "/ws/live/", additional_headers=TOKEN) as live:
    live.send(json.dumps({"op": "subscribe", "id": 1, "series": [*names], "every": 1000}))
    for text in live:  # ends when the server restarts: start again
        message = json.loads(text)
        if message["op"] == "readings":
            for number, points in message["d"].items():
                print(names[int(number)], points[-1][1], flush=True)
            live.send(json.dumps({"op": "ack", "seq": message["seq"]}))
        elif message["op"] != "beat":
            print(message, flush=True)
