import { readFile } from 'node:fs/promises'
import { kernelDropped } from './events.ts'

/** How often the kernel is asked, milliseconds. */
const POLL_MS = 5_000
/** Where Linux counts: one file a family, in two formats. Other systems have neither. */
const [V4_FILE, V6_FILE] = ['/proc/net/snmp', '/proc/net/snmp6'] as const

/**
 * Counts the datagrams that the kernel dropped because nobody took them fast enough. The kernel counts for the network namespace,
 * which in a container is ours alone.
 */
export function watchKernelDrops(): Disposable {
  let last: number | undefined
  const poll = async () => {
    const now = parseSnmp(await read(V4_FILE)) + parseSnmp6(await read(V6_FILE))
    if (last !== undefined && now > last) kernelDropped(now - last)
    last = now
  }
  void poll()
  const timer = setInterval(() => void poll(), POLL_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** `Udp: InDatagrams … RcvbufErrors …` above `Udp: 12 … 3 …`. */
export function parseSnmp(text: string): number {
  const [names, values] = text.split('\n').filter((line) => line.startsWith('Udp:'))
  const at = names?.split(' ').indexOf('RcvbufErrors') ?? -1
  return at < 0 ? 0 : Number(values?.split(' ')[at] ?? 0)
}

/** `Udp6RcvbufErrors   3`, one counter a line. */
export function parseSnmp6(text: string): number {
  return Number(/^Udp6RcvbufErrors\s+(\d+)/m.exec(text)?.[1] ?? 0)
}
