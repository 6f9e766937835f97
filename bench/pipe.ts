/**
 * `npm run bench:pipe`: how many frames of the pipe one CPU-second opens, without sockets. `codec` is header, seal and parts;
 * `router` is the router's whole machine: replay window, loss detection, acknowledgement, message out and answer in, for
 * each message. Ends with 1 when the codec opens fewer than the design asks for.
 */
import { randomBytes } from 'node:crypto'
import {
  dhKeys,
  encodePart,
  type Outgoing,
  openFrame,
  PIPE_MESSAGE_BYTES_MAX,
  PipeClient,
  PipeServer,
  parseFrameHeader,
  parseParts,
  sealFrame,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { table } from './load/table.ts'

/** Frames per CPU-second that the codec must open. */
const FRAMES_MIN = 100_000
/** CPU seconds of each figure. */
const SECONDS = 2
/** A short message as bytes (message.ts), a middling one, and the longest. */
const MESSAGE_BYTES = [200, 500, PIPE_MESSAGE_BYTES_MAX]
const BATCH = 500
const LOOPBACK: UdpAddress = { ip: Buffer.from('00000000000000000000ffff7f000001', 'hex'), port: 42_424 }

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** @returns frames opened each CPU-second */
function codec(messageBytes: number): number {
  const [key, id] = [randomBytes(32), randomBytes(8)]
  const parts = encodePart({ type: 'send', send: 1, message: randomBytes(messageBytes) })
  const frames = Array.from({ length: BATCH }, (_, counter) => sealFrame(key, { id, counter }, parts))
  let opened = 0
  const start = cpuSeconds()
  while (cpuSeconds() - start < SECONDS) {
    for (const frame of frames) {
      const header = parseFrameHeader(frame)
      const plain = header.ok && openFrame(key, header.value.counter, frame)
      if (plain && parseParts(plain).ok) opened++
    }
  }
  return opened / (cpuSeconds() - start)
}

/** @returns messages that the router's machine takes and answers each CPU-second; the client's part is not counted */
function router(messageBytes: number): number {
  const keys = dhKeys(randomBytes(32))
  const nothing = () => undefined
  const server = new PipeServer({
    keys: [keys],
    secrets: [randomBytes(32)],
    random: randomBytes,
    onMessage: (pipe, send, _message, nowMs) => pipe.answer(send, { stage: 'refused', code: 'blocked' }, nowMs),
    onTap: nothing,
    onUntap: nothing,
    onRoom: nothing,
    onClosed: nothing,
    onProved: nothing,
  })
  const client = new PipeClient({
    routers: [{ address: LOOPBACK, key: keys.publicKey }],
    random: randomBytes,
    onAnswer: nothing,
    onRow: nothing,
    onTapEnd: nothing,
  })
  const message = randomBytes(messageBytes)
  let [spent, nowMs] = [0, Date.now()]
  while (spent < SECONDS) {
    nowMs += 5 // time for the pacer: it is the machine that is measured
    while (client.size < BATCH) client.send(message)
    const toServer: readonly Outgoing[] = [...client.tick(nowMs)]
    const start = cpuSeconds()
    const toClient = toServer.flatMap(({ bytes }) => [...server.receive(bytes, LOOPBACK, nowMs)])
    toClient.push(...server.tick(nowMs))
    spent += cpuSeconds() - start
    for (const { bytes } of toClient) {
      for (const again of client.receive(bytes, LOOPBACK, nowMs)) server.receive(again.bytes, LOOPBACK, nowMs)
    }
  }
  return server.counts.sends / spent
}

const figures = MESSAGE_BYTES.map((bytes) => ({ bytes, codec: codec(bytes), router: router(bytes) }))
const rows = figures.map((each) => [String(each.bytes), Math.round(each.codec), Math.round(each.router)])
process.stdout.write(table(['message, bytes', 'codec, frames/CPU-s', 'router, messages/CPU-s'], rows))
const slow = figures.filter((each) => each.codec < FRAMES_MIN)
for (const { bytes } of slow) process.stdout.write(`below ${FRAMES_MIN} frames per CPU-second at ${bytes} bytes\n`)
process.exitCode = slow.length > 0 ? 1 : 0
