import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Envelope } from '@p2pmsg/protocol'
import { Failure } from '@p2pmsg/runtime'
import type { Events } from './events.ts'

/** An envelope takes well under a millisecond; one that takes this long is held for endless, milliseconds. */
const ENVELOPE_MS_MAX = 1_000
/** A process that is not up by now tells us nothing about envelopes, milliseconds. */
const START_MS_MAX = 20_000
/** Processes that an envelope must end before it is called poison: one may have ended for another reason. */
const DEATHS_MAX = 2
/** How long the process stays when nothing comes, milliseconds. */
const IDLE_MS_MAX = 5_000
/** Its heap, MiB. */
const HEAP_MIB = 128

/** The process in which envelopes are tried does not come up: nothing is known about them. */
export class QuarantineUnavailable extends Failure {
  override readonly name = 'QuarantineUnavailable'
  readonly code = 'QUARANTINE_UNAVAILABLE'
  readonly retry = 'soon'
}

/**
 * Tries envelopes in a process of its own, which a crash in native code, an endless loop or a full heap ends alone. One
 * envelope at a time: the one on which the process ends is the one.
 */
export class Quarantine implements AsyncDisposable {
  readonly #module: URL
  readonly #events: Events
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()

  /** @param module what runs in the process: says `ready`, then `survived` for each envelope it was sent */
  constructor(events: Events, module = new URL('./rehearsal-process.ts', import.meta.url)) {
    this.#events = events
    this.#module = module
  }

  /**
   * Packs wait for each other; there are no more of them than packs in hand.
   * @returns the indexes of the envelopes that end the process, twice each
   * @throws {QuarantineUnavailable}
   */
  rehearse(envelopes: readonly Envelope[]): Promise<ReadonlySet<number>> {
    const turn = this.#turn.then(() => this.#rehearse(envelopes))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #rehearse(envelopes: readonly Envelope[]): Promise<ReadonlySet<number>> {
    clearTimeout(this.#idle)
    const poison = new Set<number>()
    for (const [index, envelope] of envelopes.entries()) {
      if (!(await this.#survives(envelope))) {
        poison.add(index)
        this.#events.poisoned(index)
      }
    }
    this.#idle = setTimeout(() => this.#end(), IDLE_MS_MAX)
    return poison
  }

  async #survives(envelope: Envelope): Promise<boolean> {
    for (let deaths = 0; deaths < DEATHS_MAX; deaths++) {
      const child = (this.#child ??= await this.#start())
      const answer = nextWord(child, ENVELOPE_MS_MAX)
      child.send(envelope)
      if ((await answer) === 'survived') return true
      this.#end()
    }
    return false
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(this.#module, {
      env: {}, // no secrets in a process that is there to be ended
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'], // a crash report would quote what it crashed on
    })
    child.on('error', () => undefined) // told by its end, and by the word that does not come
    if ((await nextWord(child, START_MS_MAX)) === 'ready') return child
    child.kill('SIGKILL')
    throw new QuarantineUnavailable('the process that tries envelopes does not start')
  }

  #end(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle)
    await this.#turn
    clearTimeout(this.#idle)
    const child = this.#child
    this.#end()
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

/** @returns what the process says next; undefined when it ends, or says nothing in time */
function nextWord(child: ChildProcess, withinMs: number): Promise<unknown> {
  return new Promise((resolve) => {
    const settle = (word: unknown) => {
      clearTimeout(timer)
      child.off('message', settle).off('exit', onExit)
      resolve(word)
    }
    const onExit = () => settle(undefined)
    const timer = setTimeout(onExit, withinMs)
    child.on('message', settle).on('exit', onExit)
  })
}
