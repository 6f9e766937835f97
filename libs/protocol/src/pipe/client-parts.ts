import type { ClientCounts, PipeAnswer, PipeClientOptions } from './client-options.ts'
import type { ClientPipe } from './client-pipe.ts'
import type { ClientTaps } from './client-taps.ts'
import type { Outbox } from './outbox.ts'
import type { CloseReason, Part } from './parts.ts'

/** What a part asks of the client: that the pipe goes on, is left for another, or is over. */
export type Next = 'on' | 'move' | 'protocol-error' | Readonly<{ closed: CloseReason }>

/** Reads what routers say over pipes: answers go to the messages, rows to the taps. */
export class ClientParts {
  readonly #options: PipeClientOptions
  readonly #outbox: Outbox
  readonly #taps: ClientTaps
  readonly #counts: ClientCounts

  constructor(options: PipeClientOptions, counts: ClientCounts, outbox: Outbox, taps: ClientTaps) {
    this.#options = options
    this.#counts = counts
    this.#outbox = outbox
    this.#taps = taps
  }

  read(pipe: ClientPipe, part: Part, nowMs: number): Next {
    switch (part.type) {
      case 'receipt':
        for (const { send, receipt } of part.receipts) this.#answer(pipe, send, { stage: 'accepted', receipt }, nowMs)
        return 'on'
      case 'logged':
        this.#answer(pipe, part.send, { stage: 'logged' }, nowMs)
        return 'on'
      case 'refused':
        this.#answer(pipe, part.send, { stage: 'refused', code: part.code, routerMs: part.routerMs }, nowMs)
        return 'on'
      case 'busy':
        this.#answer(pipe, part.send, { stage: 'busy', code: part.code, retryAfterMs: part.retryAfterMs }, nowMs)
        return 'on'
      case 'deliver': {
        const rows = this.#taps.deliver(pipe, part, nowMs)
        this.#counts.rows += rows ?? 0
        return rows === undefined ? 'protocol-error' : 'on'
      }
      case 'tap-end':
        this.#taps.end(pipe, part.tap, part.code, nowMs)
        return 'on'
      case 'behind':
        this.#taps.behind(pipe, part.tap, part.position, nowMs)
        return 'on'
      case 'move':
        return 'move'
      case 'close':
        return { closed: part.reason }
      case 'ping':
      case 'ack':
      case 'path-challenge':
      case 'path-response':
      case 'unknown':
        return 'on'
      case 'send':
      case 'tap':
      case 'untap':
      case 'delivered':
        return 'protocol-error' // what only a client says
    }
  }

  #answer(pipe: ClientPipe, send: number, answer: PipeAnswer, nowMs: number): void {
    const entry = pipe.entryOf(send)
    if (!entry) return // answered before, or cancelled
    if (answer.stage === 'busy') this.#outbox.putOff(entry, answer.retryAfterMs, nowMs)
    else if (answer.stage !== 'logged') this.#outbox.delete(entry)
    this.#options.onAnswer(entry.key, answer, nowMs)
  }
}
