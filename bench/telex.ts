/**
 * `node p2pmsg bench telex`: what a Telehash v1 telex costs the edge's one thread, without socket and bus: telexes per CPU second of the
 * switch, by kind, and of the judge of 2011's signatures.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import {
  encodeLegacyMessage,
  encodeTelex,
  legacySignals,
  parseIp,
  parseLegacyMessage,
  parseTelex,
  Switch,
  type UdpAddress,
  verifyLegacyMessage,
} from '@p2pmsg/protocol'
import { table } from './load/table.ts'

const HELP = `node p2pmsg bench telex [-- options]

--telexes N  of each kind (50000)
--tappers N  that hear each signal (10)
--json FILE  the same figures as JSON
`
/** No budget may end a measurement: what is measured is the work. */
const AMPLE = { perSecond: 1e9, burst: 1e9 }
const RATES = {
  prefix: AMPLE,
  answers: AMPLE,
  lineless: AMPLE,
  linelessCopies: AMPLE,
  peer: AMPLE,
  signals: AMPLE,
  copies: AMPLE,
}
const START_MS = 1_800_000_000_000
const END = '38666817e1b38470644e004b9356c1622368fa57'

const { values } = parseArgs({
  options: {
    telexes: { type: 'string', default: '50000' },
    tappers: { type: 'string', default: '10' },
    json: { type: 'string' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit()
}
const [telexes, tappers] = [Number(values.telexes), Number(values.tappers)]

function at(host: string, port: number): UdpAddress {
  return { ip: parseIp(host) ?? new Uint8Array(16), port }
}

/** Microseconds of CPU for one. */
function cost(work: (nth: number) => unknown): number {
  for (let i = 0; i < telexes / 10; i++) work(i)
  const before = process.cpuUsage()
  for (let i = 0; i < telexes; i++) work(i)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / telexes
}

const { n, d } = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ format: 'jwk' })
const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
const message = encodeTelex(
  { hop: 1, to: '208.68.163.247:42424' },
  legacySignals('hello from 2011', { n: number(n), d: number(d) }),
)
const parsed = parseTelex(message)
if (!parsed.ok) throw new Error(parsed.fault)
const legacy = encodeLegacyMessage(Buffer.alloc(32), parsed.value)

function aSwitch(): Switch {
  const options = { self: at('203.0.113.1', 42_424), secrets: [randomBytes(16)], random: randomBytes, rates: RATES }
  return new Switch({ ...options, localNetwork: true })
}

/** @returns the line's number, as `server.js` opens it */
function tap(machine: Switch, from: UdpAddress, has: string): number {
  const [answer] = machine.receive(Buffer.from(`{"+end":"${END}"}`), from, START_MS)
  const { _ring: line } = JSON.parse(Buffer.from(answer?.bytes ?? []).toString('utf8')) as { _ring: number }
  machine.receive(Buffer.from(`{".tap":[{"has":["${has}"]}],"_line":${line}}`), from, START_MS)
  return line
}

const quiet = aSwitch()
const busy = aSwitch()
for (let i = 0; i < tappers; i++) tap(busy, at(`9.1.${i}.1`, 12_345), '+key')
const peer = at('9.2.0.1', 42_424)
const line = tap(quiet, peer, '+none')
const dial = Buffer.from(`{"+end":"${END}"}`)
const signal = Buffer.from(`{"+a":"x","_hop":1,"_line":${line},"_br":5}`)
const from = Array.from({ length: 4096 }, (_, i) => at(`10.${i & 255}.${i >> 8}.1`, 1 + i))
const sender = (nth: number) => from[nth % from.length] as UdpAddress

const micros = {
  'parse a message': cost(() => parseTelex(message)),
  'answer a stranger’s +end': cost((nth) => quiet.receive(dial, sender(nth), START_MS)),
  'take a signal on a line': cost(() => quiet.receive(signal, peer, START_MS)),
  'take a message nobody taps': cost((nth) => quiet.receive(message, sender(nth), START_MS + nth)),
  [`take a message for ${tappers} tappers`]: cost((nth) => busy.receive(message, sender(nth), START_MS + nth)),
  'verify a signature of 2011': cost(() => {
    const known = parseLegacyMessage(legacy)
    if (!known.ok || !verifyLegacyMessage(known.value)) throw new Error('a valid signature is not')
  }),
}
const figures = Object.entries(micros).map(([what, each]) => ({ what, micros: each, perCpuSecond: 1e6 / each }))
const rows = figures.map((f) => [f.what, f.micros, Math.round(f.perCpuSecond)])
process.stdout.write(table(['telex', 'CPU µs', 'per CPU second'], rows))
if (values.json) {
  const [cpu] = cpus()
  await writeFile(values.json, `${JSON.stringify({ cpu: cpu?.model, telexes, tappers, figures }, undefined, 2)}\n`)
}
