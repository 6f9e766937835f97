/**
 * `npm run bench:read`: what readers cost on this machine, on a stack of its own. Requests of hot pages per CPU second against a bare
 * fastify route that sends the same bytes; live readers, from commit to the last of them; pages of feeds of many rows.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Stack, startStack } from '@p2pmsg/local'
import { toHex, toZBase32 } from '@p2pmsg/protocol'
import { sendLoad } from './load/send-load.ts'
import { table } from './load/table.ts'
import { type FanOut, fanOut } from './read/fan-out.ts'
import { type HotPage, hotPages } from './read/hot-pages.ts'
import { type PageQueries, pageQueries } from './read/page-queries.ts'

const HELP = `npm run bench:read -- [options]

--requests N     of each hot page and server (20000); 0 leaves them out
--connections N  that they come over (16)
--readers N      that follow the feed live (10000); 0 leaves them out. Two processes hold a file for each
--messages N     that they are sent, one a second (10)
--rows A,B,…     sizes of the feed whose pages are asked for, filled by SQL (100000,1000000); 0 leaves them out
--questions N    of each kind and size (300)
--json FILE      the same figures as JSON
`
/** Below this share of a bare route, the pages cost too much. */
const RATIO_MIN = 0.6
/** One client may ask as often as it likes: what a page costs is measured, not what a client may have. */
const AMPLE = { P2PMSG_READ_RATE: '1000000' }
/** More than a page holds, so that it is full. */
const PAGE_MESSAGES = 60
const PATIENCE_MS = 60_000

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    connections: { type: 'string', default: '16' },
    readers: { type: 'string', default: '10000' },
    messages: { type: 'string', default: '10' },
    rows: { type: 'string', default: '100000,1000000' },
    questions: { type: 'string', default: '300' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
if (values.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const say = (line: string) => process.stderr.write(`${line}\n`)
const sizes = values.rows
  .split(',')
  .map(Number)
  .filter((rows) => rows > 0)

async function withStack(use: (stack: Stack) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-bench-'))
  try {
    await using stack = await startStack({ folder, ownServers: true, env: { 'render-api': AMPLE } })
    await use(stack)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fillPage(stack: Stack): Promise<void> {
  const receiver = toHex(stack.secrets.receiverKeys.publicKey)
  const udpPort = stack.routers[0]?.udpPort ?? 0
  const load = { receiver, udpPort, window: 16, rate: 0, sources: ['127.0.0.1'], patienceMs: PATIENCE_MS }
  await sendLoad({ ...load, messages: PAGE_MESSAGES }).result
}

/** Each in the form in which most will ask for it, and one small page, of which the bytes are the smallest part. */
async function readHotPages(stack: Stack): Promise<HotPage[]> {
  await fillPage(stack)
  const [origin = ''] = stack.renderUrls
  const feed = `${origin}/v1/feeds/${toZBase32(stack.secrets.receiverKeys.publicKey)}`
  const urls = { html: `${origin}/`, json: feed, atom: `${feed}.atom`, 'json of 1': `${feed}?limit=1` }
  const [requests, connections] = [Number(values.requests), Number(values.connections)]
  return hotPages({ urls, pid: stack.pids()['render-api'] ?? 0, connections, requests })
}

function printPages(pages: readonly HotPage[]): void {
  const rows = pages.map(({ name, bytes, perCpuSecond, barePerCpuSecond, ratio, perSecond, ms, bareMs }) => [
    name,
    bytes,
    Math.round(perCpuSecond),
    Math.round(barePerCpuSecond),
    ratio,
    Math.round(perSecond),
    ms.p50,
    ms.p99,
    bareMs.p50,
    bareMs.p99,
  ])
  const head = ['hot page', 'bytes', 'per CPU s', 'bare route', 'ratio', 'per s', 'p50 ms', 'p99', 'bare p50', 'p99']
  process.stdout.write(`\n${table(head, rows)}\n`)
  const poor = pages.filter(({ ratio }) => ratio < RATIO_MIN)
  for (const { name } of poor) process.stdout.write(`${name}: below ${RATIO_MIN} of a bare route\n`)
}

function printFanOut(live: FanOut): void {
  const { readers, bytesPerReader, messages, missing, lastMs, eachMs, cpuMicros } = live
  const head = [
    'readers',
    'KiB each',
    'messages',
    'missing',
    'to each p50',
    'p99',
    'to the last p50',
    'max ms',
    'CPU µs',
  ]
  const kib = bytesPerReader / 1024
  const row = [readers, kib, messages, missing, eachMs.p50, eachMs.p99, lastMs.p50, lastMs.max, cpuMicros]
  process.stdout.write(`\n${table(head, [row])}\n`)
}

function printQueries(queries: readonly PageQueries[]): void {
  const kinds = Object.keys(queries[0]?.ms ?? {})
  const head = ['rows', 'filled in s', ...kinds.flatMap((kind) => [`${kind} p50`, 'p99 ms'])]
  const rows = queries.map(({ rows: size, fillSeconds, ms }) => [
    size,
    Math.round(fillSeconds),
    ...kinds.flatMap((kind) => [ms[kind]?.p50 ?? 0, ms[kind]?.p99 ?? 0]),
  ])
  process.stdout.write(`\n${table(head, rows)}\n`)
}

say(`${cpus().length} cores, readers on the same machine`)
let pages: HotPage[] = []
let live: FanOut | undefined
let queries: PageQueries[] = []
await withStack(async (stack) => {
  if (Number(values.requests) > 0) {
    say(`${values.requests} requests of each hot page …`)
    pages = await readHotPages(stack)
    printPages(pages)
  }
  if (Number(values.readers) > 0) {
    say(`${values.readers} live readers …`)
    live = await fanOut(stack, { readers: Number(values.readers), messages: Number(values.messages) })
    printFanOut(live)
  }
  if (sizes.length > 0) {
    say(`pages of ${sizes.join(', ')} rows …`)
    queries = await pageQueries(stack, sizes, Number(values.questions))
    printQueries(queries)
  }
})
if (values.json) await writeFile(values.json, `${JSON.stringify({ pages, live, queries }, undefined, 2)}\n`)
const refused = pages.reduce((sum, page) => sum + page.refused, live?.refused ?? 0)
const missing = live?.missing ?? 0
if (refused > 0) process.stdout.write(`${refused} requests were refused\n`)
if (missing > 0) process.stdout.write(`${missing} messages did not arrive\n`)
process.exitCode = refused > 0 || missing > 0 ? 1 : 0
