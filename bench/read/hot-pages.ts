import { cpuSeconds } from '../load/cpu.ts'
import type { BarePage } from './bare-route.ts'
import { PartProcess } from './in-process.ts'
import type { ReadOrder, ReadResult } from './page-readers.ts'

export type HotPage = Readonly<{
  name: string
  bytes: number
  /** Requests per CPU second of the server's process. */
  perCpuSecond: number
  barePerCpuSecond: number
  ratio: number
  ms: ReadResult['ms']
  bareMs: ReadResult['ms']
  perSecond: number
  refused: number
}>

export type HotPagesOptions = Readonly<{
  /** By name; each is read as it stands. */
  urls: Readonly<Record<string, string>>
  pid: number
  connections: number
  requests: number
}>

/** Turns in which both servers are measured, so that what else the machine does meets both. */
const TURNS = 4
/** Requests that warm a server up before its first turn, as a share of one turn. */
const WARM_SHARE = 0.5

/** Reads pages that are in the cache from render-api and, byte for byte the same, from a bare route. */
export async function hotPages({ urls, pid, connections, requests }: HotPagesOptions): Promise<HotPage[]> {
  const named = Object.entries(urls)
  const pages = await Promise.all(named.map(([, url]) => pageAt(url)))
  await using readers = new PartProcess('./page-readers.ts')
  await using bare = new PartProcess('./bare-route.ts', pages)
  const port = await bare.next<number>()
  const barePid = bare.child.pid ?? 0
  const results: HotPage[] = []
  for (const [index, [name, url]] of named.entries()) {
    const perTurn = Math.ceil(requests / TURNS)
    const ours = new Server(readers, pid, { url, connections, requests: perTurn })
    const theirs = new Server(readers, barePid, {
      url: `http://127.0.0.1:${port}/${index}`,
      connections,
      requests: perTurn,
    })
    for (const server of [ours, theirs]) await server.warmUp()
    for (let turn = 0; turn < TURNS; turn++) for (const server of [ours, theirs]) await server.turn()
    const [own, other] = [ours.result(), theirs.result()]
    results.push({
      name,
      bytes: pages[index]?.body.length ?? 0,
      perCpuSecond: own.perCpuSecond,
      barePerCpuSecond: other.perCpuSecond,
      ratio: own.perCpuSecond / other.perCpuSecond,
      ms: own.ms,
      bareMs: other.ms,
      perSecond: own.perSecond,
      refused: own.refused + other.refused,
    })
  }
  return results
}

async function pageAt(url: string): Promise<BarePage> {
  const response = await fetch(url, { headers: { 'accept-encoding': 'identity' } })
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`)
  return {
    body: new Uint8Array(await response.arrayBuffer()),
    contentType: response.headers.get('content-type') ?? '',
  }
}

/** One of the two that are compared. */
class Server {
  readonly #readers: PartProcess
  readonly #pid: number
  readonly #order: ReadOrder
  readonly #turns: ReadResult[] = []
  #cpuSeconds = 0

  constructor(readers: PartProcess, pid: number, order: ReadOrder) {
    this.#readers = readers
    this.#pid = pid
    this.#order = order
  }

  async warmUp(): Promise<void> {
    await this.#read(Math.ceil(this.#order.requests * WARM_SHARE))
  }

  async turn(): Promise<void> {
    const before = await this.#cpu()
    this.#turns.push(await this.#read(this.#order.requests))
    this.#cpuSeconds += (await this.#cpu()) - before
  }

  async #cpu(): Promise<number> {
    return (await cpuSeconds({ server: this.#pid })).server ?? 0
  }

  #read(requests: number): Promise<ReadResult> {
    const result = this.#readers.next<ReadResult>()
    this.#readers.child.send({ ...this.#order, requests } satisfies ReadOrder)
    return result
  }

  /** The median turn stands for the latencies. */
  result() {
    const sum = (of: (turn: ReadResult) => number) => this.#turns.reduce((all, turn) => all + of(turn), 0)
    const byP99 = this.#turns.toSorted((a, b) => a.ms.p99 - b.ms.p99)
    const median = byP99[Math.floor((byP99.length - 1) / 2)] as ReadResult
    const answers = sum((turn) => turn.answers)
    return {
      perCpuSecond: answers / this.#cpuSeconds,
      perSecond: answers / sum((turn) => turn.seconds),
      refused: sum((turn) => turn.refused),
      ms: median.ms,
    }
  }
}
