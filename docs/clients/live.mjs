// Prints what devices measure and what is changed, as it happens. Node.js 22 or newer, nothing to install.
const url = process.env.PULSEBOARD_URL ?? "http://localhost:8000";
const headers = { Authorization: `Bearer ${process.env.PULSEBOARD_TOKEN}` };

const { devices } = await (await fetch(`${url}/api/v1/fleet/`, { headers })).json();
const names = new Map(devices.flatMap(({ uid, series }) => series.map(({ id, metric }) => [String(id), `${uid} ${metric}`])));

const live = new WebSocket(`${url.replace("http", "ws")}/ws/live/`, { headers });
const say = (message) => live.send(JSON.stringify(message));
live.onopen = () => say({ op: "subscribe", id: 1, series: [...names.keys()].map(Number), every: 1000 });
live.onclose = ({ code }) => console.error("closed", code); // when the server restarts: start again
live.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.op === "readings") {
    for (const [id, points] of Object.entries(message.d)) console.log(names.get(id), points.at(-1)[1]);
    say({ op: "ack", seq: message.seq });
  } else if (message.op !== "beat") console.log(JSON.stringify(message));
};
