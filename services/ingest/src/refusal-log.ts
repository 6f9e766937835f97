import {
  type Envelope,
  encodeRefusals,
  formatPackId,
  identify,
  messageDigest,
  type PackId,
  type Refusal,
  type RefusalCode,
  refused as refusedSubject,
} from '@p2pmsg/protocol'
import type { AckPublisher } from '@p2pmsg/runtime'
import type { Events } from './events.ts'

/** Lines of one code in one second; what comes beyond that is told as a number at its end. */
const LINES_PER_CODE_MAX = 100
const WINDOW_MS = 1_000

export type Refused = Readonly<{ code: RefusalCode; envelope: Envelope }>

/**
 * Writes refusals to the stream REFUSED, for operators and for `trace`. A flood of refusals must not become a flood of lines:
 * above {@link LINES_PER_CODE_MAX} per second a code is counted and summed up.
 */
export class RefusalLog implements AsyncDisposable {
  readonly #publisher: AckPublisher
  readonly #events: Events
  readonly #timer: NodeJS.Timeout
  #lines = new Map<RefusalCode, number>() // bounded by the number of codes, as is the next
  #beyond = new Map<RefusalCode, number>()

  constructor(publisher: AckPublisher, events: Events) {
    this.#publisher = publisher
    this.#events = events
    this.#timer = setInterval(() => void this.flush(), WINDOW_MS)
  }

  /** Resolves when the lines are stored, or given up: a log that is away holds up no sender. */
  async write(packId: PackId, refused: readonly Refused[]): Promise<void> {
    const time = Date.now()
    const lines = refused.filter(({ code }) => this.#take(code)).map((line) => describe(line, time))
    await this.#publish(lines, `${formatPackId(packId)}.refused`)
  }

  /** Ends the second: tells how many refusals had no line of their own. */
  async flush(): Promise<void> {
    const time = Date.now()
    const beyond = this.#beyond
    this.#lines = new Map()
    this.#beyond = new Map()
    await this.#publish(Array.from(beyond, ([code, count]) => summary(code, count, time)))
  }

  #take(code: RefusalCode): boolean {
    const lines = this.#lines.get(code) ?? 0
    if (lines >= LINES_PER_CODE_MAX) {
      this.#beyond.set(code, (this.#beyond.get(code) ?? 0) + 1)
      return false
    }
    this.#lines.set(code, lines + 1)
    return true
  }

  async #publish(lines: readonly Refusal[], msgId?: string): Promise<void> {
    if (lines.length === 0) return
    try {
      await this.#publisher.publish(refusedSubject.name, encodeRefusals(lines), msgId === undefined ? {} : { msgId })
    } catch (thrown) {
      this.#events.refusalsUnlogged(lines.length, thrown)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }
}

function describe({ code, envelope }: Refused, time: number): Refusal {
  const digest = messageDigest(envelope.payload)
  // What ends a judge is not looked at again.
  const known = code === 'poison' ? undefined : identify({ ...envelope, bytes: envelope.payload })
  return { time, code, count: 1, digest, id: known?.id, receiver: known?.receiver }
}

function summary(code: RefusalCode, count: number, time: number): Refusal {
  return { time, code, count, digest: undefined, id: undefined, receiver: undefined }
}
