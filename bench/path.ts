/**
 * `npm run bench:path`: the whole path on this machine, UDP in to feed out, on a stack of its own. Prints accepted messages per
 * second, CPU per message of each process against its budget, percentiles, and every id that has a receipt but cannot be read.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Stack, startStack } from '@p2pmsg/local'
import { toHex } from '@p2pmsg/protocol'
import { cpuSeconds } from './load/cpu.ts'
import type { LoadOrder, LoadResult } from './load/load.ts'
import { percentiles } from './load/percentiles.ts'
import { readBack } from './load/read-back.ts'
import { sendLoad } from './load/send-load.ts'
import { table } from './load/table.ts'
import { watchCommits } from './load/visible.ts'

const HELP = `npm run bench:path -- [options]

--messages N   messages of the run at a window (10000)
--window N     messages without an answer at a time (64)
--pipe-window N  the same over a pipe, by the client library's sender, and by KRPC to compare (256)
--rates A,B,…  fixed rates to hold, messages per second (1000,2000,4000)
--seconds N    how long each rate is held (10)
--proved-rate N  what the router lets one proved address send, per second (1000000)
--json FILE    the same figures as JSON
`
/** CPU per message and part, microseconds (the design's budgets). */
const BUDGETS: Readonly<Record<string, number>> = { router: 20, ingest: 95, nats: 6, 'store + postgres': 35 }
const PATIENCE_MS = 60_000
/** The bucket of one address at its default, and addresses enough to pass it together. */
const SOURCES = Array.from({ length: 16 }, (_, i) => `127.0.0.${i + 2}`)

type Run = Readonly<{
  name: string
  order: Omit<LoadOrder, 'receiver' | 'udpPort' | 'patienceMs'>
  result: LoadResult
  cpuMicros: Readonly<Record<string, number>>
  receiptMs: ReturnType<typeof percentiles>
  visibleMs: ReturnType<typeof percentiles>
  perSecond: number
}>

async function measure(stack: Stack, name: string, order: Run['order'], over: 'krpc' | 'pipe' = 'krpc'): Promise<Run> {
  const commits = await watchCommits(stack.natsUrl('render-api'))
  const before = await cpuSeconds(stack.pids())
  const receiver = toHex(stack.secrets.receiverKeys.publicKey)
  const udpPort = stack.routers[0]?.udpPort ?? 0
  const load = sendLoad({ ...order, receiver, udpPort, patienceMs: PATIENCE_MS }, over)
  const result = await load.result
  const visible = await commits.until(result.accepted.map(({ id }) => id))
  const after = await cpuSeconds(stack.pids())
  const count = Math.max(1, result.accepted.length)
  const micros = (part: string) => (((after[part] ?? 0) - (before[part] ?? 0)) * 1e6) / count
  return {
    name,
    order,
    result,
    cpuMicros: {
      router: micros('router'),
      ingest: micros('ingest'),
      nats: micros('nats'),
      store: micros('store'),
      postgres: micros('postgres'),
      'store + postgres': micros('store') + micros('postgres'),
      'render-api': micros('render-api'),
    },
    receiptMs: percentiles(result.accepted.map(({ latencyMs }) => latencyMs)),
    visibleMs: percentiles(
      result.accepted.flatMap(({ id, sentMs }) => (visible.has(id) ? [(visible.get(id) as number) - sentMs] : [])),
    ),
    perSecond: (result.accepted.length * 1000) / (result.endedMs - result.startedMs),
  }
}

function report(runs: readonly Run[]): string {
  const rates = table(
    [
      'run',
      'sent',
      'receipts',
      'per s',
      'resent',
      'put off',
      'unanswered',
      'receipt p50',
      'p95',
      'p99 ms',
      'visible p50',
      'p95',
      'p99 ms',
    ],
    runs.map(({ name, order, result, perSecond, receiptMs, visibleMs }) => [
      name,
      order.messages,
      result.accepted.length,
      Math.round(perSecond),
      result.resent,
      Object.entries(result.putOff)
        .map(([code, n]) => `${code} ${n}`)
        .join(' ') || '0',
      result.unanswered,
      receiptMs.p50,
      receiptMs.p95,
      receiptMs.p99,
      visibleMs.p50,
      visibleMs.p95,
      visibleMs.p99,
    ]),
  )
  const parts = Object.keys(runs[0]?.cpuMicros ?? {})
  const cpu = table(
    ['CPU µs per message', 'budget', ...runs.map(({ name }) => name)],
    parts.map((part) => [part, BUDGETS[part] ?? '–', ...runs.map(({ cpuMicros }) => cpuMicros[part] ?? 0)]),
  )
  return `${rates}\n${cpu}`
}

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000' },
    window: { type: 'string', default: '64' },
    'pipe-window': { type: 'string', default: '256' },
    rates: { type: 'string', default: '1000,2000,4000' },
    seconds: { type: 'string', default: '10' },
    'proved-rate': { type: 'string', default: '1000000' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const [messages, window, seconds] = [values.messages, values.window, values.seconds].map(Number) as [
  number,
  number,
  number,
]
const rates = values.rates
  .split(',')
  .filter((rate) => rate !== '')
  .map(Number)
const say = (line: string) => process.stderr.write(`${line}\n`)

async function withStack(env: Record<string, string>, use: (stack: Stack) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bench-'))
  try {
    await using stack = await startStack({ folder, ownServers: true, env: { router: env } })
    await use(stack)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const runs: Run[] = []
const ids: string[] = []
let proof: Awaited<ReturnType<typeof readBack>> | undefined
const oneSource = ['127.0.0.1']

say(`P2PMSG_PROVED_RATE=${values['proved-rate']} for these runs; ${cpus().length} cores, sender on the same machine`)
await withStack({ P2PMSG_PROVED_RATE: values['proved-rate'] }, async (stack) => {
  const run = async (name: string, order: Run['order'], over?: 'krpc' | 'pipe') => {
    say(`${name} …`)
    const measured = await measure(stack, name, order, over)
    runs.push(measured)
    ids.push(...measured.result.accepted.map(({ id }) => id))
  }
  await run(`window ${window}`, { messages, window, rate: 0, sources: oneSource })
  const wide = { messages, window: Number(values['pipe-window']), rate: 0, sources: oneSource }
  await run(`window ${wide.window}`, wide)
  await run(`pipe, window ${wide.window}`, wide, 'pipe')
  for (const rate of rates) {
    await run(`${rate}/s`, { messages: rate * seconds, window: 10_000, rate, sources: oneSource })
  }
  say('reading everything back …')
  proof = await readBack(stack.renderUrls[0] ?? '', stack.secrets.receiverKeys.publicKey, ids)
})

say('the default budget of an address, from 16 addresses …')
await withStack({}, async (stack) => {
  for (const [name, sources] of [
    ['1 address', oneSource],
    ['16 addresses', SOURCES],
  ] as const) {
    runs.push(await measure(stack, `default, ${name}`, { messages: 6_000, window: 1_024, rate: 0, sources }))
  }
})

process.stdout.write(`\n${report(runs)}\n`)
const { readable = 0, lost = [], repeated = [], ordered = false } = proof ?? {}
process.stdout.write(
  `${ids.length} receipts, ${readable} of them readable, ${repeated.length} repeated, ${ordered ? 'in one order' : 'OUT OF ORDER'}\n`,
)
for (const id of lost) process.stdout.write(`receipt but not readable: ${id}\n`)
for (const id of repeated) process.stdout.write(`more than once in the feed: ${id}\n`)
if (values.json) {
  const short = runs.map(({ result: { accepted, ...result }, ...run }) => ({
    ...run,
    result: { ...result, accepted: accepted.length },
  }))
  await writeFile(
    values.json,
    `${JSON.stringify({ runs: short, receipts: ids.length, readable, lost, repeated, ordered }, undefined, 2)}\n`,
  )
}
process.exitCode = lost.length > 0 || repeated.length > 0 || !ordered ? 1 : 0
