// PostgreSQL with TimescaleDB in memory, on a free port of the loopback: prints the port, and ends
// with its standard input. One client at a time, no COPY over the wire, no TLS. Begins with what is in the
// file `--from`, which another has left in its file `--into` at its end: a third of the time.
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { PGlite } from 'pglite-timescaledb'
import { timescaledb } from 'pglite-timescaledb/timescaledb'

const STARTUP = 0x30000 // protocol 3.0; what precedes it asks for encryption
const { from, into } = parseArgs({ options: { from: { type: 'string' }, into: { type: 'string' } } }).values
const loadDataDir = from ? new Blob([readFileSync(from)]) : undefined
const db = await PGlite.create({ extensions: { timescaledb }, loadDataDir })

async function end() {
  if (into) writeFileSync(into, Buffer.from(await (await db.dumpDataDir('none')).arrayBuffer()))
  process.exit(0)
}

/** The length of the first whole message in `bytes`, or 0. Before the startup none has a type. */
function messageLength(bytes, started) {
  const at = started ? 1 : 0
  if (bytes.length < at + 4) return 0
  const length = at + bytes.readInt32BE(at)
  return bytes.length < length ? 0 : length
}

async function answer(socket) {
  let waiting = Buffer.alloc(0)
  let started = false
  for await (const chunk of socket) {
    waiting = Buffer.concat([waiting, chunk])
    for (let length = messageLength(waiting, started); length > 0; length = messageLength(waiting, started)) {
      const message = waiting.subarray(0, length)
      waiting = waiting.subarray(length)
      started ||= message.readInt32BE(4) === STARTUP
      socket.write(await db.execProtocolRaw(new Uint8Array(message)))
    }
  }
}

// There is one session: the next client waits for it.
let turn = Promise.resolve()
const server = createServer((socket) => {
  turn = turn
    .then(() => answer(socket))
    .catch(() => socket.destroy())
    .then(() => db.exec('ROLLBACK'))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.resume().on('end', end)
