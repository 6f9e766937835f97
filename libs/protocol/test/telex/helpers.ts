import { readFileSync } from 'node:fs'
import type { UdpAddress } from '../../src/krpc/compact.ts'
import { Switch } from '../../src/telex/switch.ts'
import { parseSwitch } from '../../src/telex/switch-address.ts'
import type { SwitchEvent, SwitchOptions } from '../../src/telex/switch-options.ts'
import { textOf } from '../../src/telex/telex.ts'

export const SEED = '208.68.163.247:42424'
export const SEED_ID = '38666817e1b38470644e004b9356c1622368fa57'
export const START_MS = 1_700_000_000_000

export function at(text: string): UdpAddress {
  const address = parseSwitch(text)
  if (!address) throw new Error(`not an address: ${text}`)
  return address
}

export function vectors<T>(name: string): T[] {
  const file = new URL(`../vectors/telehash-v1/${name}.jsonl`, import.meta.url)
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

export type Sent = Readonly<{ to: string; telex: Record<string, unknown>; bytes: number }>
export type SwitchUnderTest = Readonly<{
  machine: Switch
  counts: Map<SwitchEvent, number>
  messages: string[]
  signals: { bytes: Uint8Array; proved: boolean }[]
  /** Plays a datagram; what it is answered with. */
  play: (from: string, telex: unknown, nowMs?: number) => Sent[]
}>

const textOfAddress = (address: UdpAddress) => `${address.ip.subarray(12).join('.')}:${address.port}`

export function sentOf(outgoing: ReturnType<Switch['receive']>): Sent[] {
  return outgoing.map(({ to, bytes }) => ({
    to: textOfAddress(to),
    telex: JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>,
    bytes: bytes.length,
  }))
}

/** Random bytes that a seed gives again (xorshift32). */
export function seeded(seed: number): (bytes: number) => Uint8Array {
  let state = seed
  return (bytes) =>
    Uint8Array.from({ length: bytes }, () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state & 255
    })
}

export function aSwitch(options: Partial<SwitchOptions> = {}): SwitchUnderTest {
  const counts = new Map<SwitchEvent, number>()
  const messages: string[] = []
  const signals: { bytes: Uint8Array; proved: boolean }[] = []
  const machine = new Switch({
    self: at(SEED),
    secrets: [Buffer.alloc(16, 7)],
    random: seeded(1),
    localNetwork: true,
    onMessage: (telex) => messages.push(textOf(telex, '+message') ?? ''),
    onSignal: (bytes, proved) => signals.push({ bytes, proved }),
    count: (event, n) => counts.set(event, (counts.get(event) ?? 0) + n),
    ...options,
  })
  const play = (from: string, telex: unknown, nowMs = START_MS) =>
    sentOf(machine.receive(Buffer.from(typeof telex === 'string' ? telex : JSON.stringify(telex)), at(from), nowMs))
  return { machine, counts, messages, signals, play }
}

/** Opens a line as a full switch does. @returns its number */
export function openLine({ play }: SwitchUnderTest, from: string, nowMs = START_MS, ring = 4711): number {
  const [answer] = play(from, { _to: SEED, '+end': SEED_ID, _ring: ring, _br: 0 }, nowMs)
  const line = answer?.telex['_line'] as number
  play(from, { _to: SEED, _line: line, _br: answer?.bytes }, nowMs)
  return line
}

/** Opens a line as `server.js` does, and taps. @returns its number */
export function tapThin(
  { play }: SwitchUnderTest,
  from: string,
  tap: unknown = [{ has: ['+key'] }],
  nowMs = START_MS,
): number {
  const [answer] = play(from, { '+end': SEED_ID }, nowMs)
  const line = answer?.telex['_ring'] as number
  play(from, { '.tap': tap, _line: line, _to: SEED }, nowMs)
  return line
}
