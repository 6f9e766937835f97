import {
  authorQuery,
  feedQuery,
  messageQuery,
  type RefusalCode,
  type StoreQuery,
  statsQuery,
  storeQueries,
  traceQuery,
} from '@p2pmsg/protocol'
import type { Bus, Logger } from '@p2pmsg/runtime'
import type { Msg, Subscription } from 'nats'
import * as events from './events.ts'
import { answerAuthor } from './queries/author.ts'
import { answerFeed } from './queries/feed.ts'
import { answerMessage } from './queries/message.ts'
import type { Source } from './queries/snapshot.ts'
import { answerStats } from './queries/stats.ts'
import { answerTrace } from './queries/trace.ts'

/** Questions that wait for a connection; more are told `busy` at once, before they wait in vain. */
const WAITING_MAX = 256

export type QueryServerOptions = Readonly<{ source: Source; bus: Bus; log: Logger; concurrency: number }>

/** Answers questions over request/reply, together with the other replicas: each question is one replica's. */
export class QueryServer implements AsyncDisposable {
  readonly #options: QueryServerOptions
  readonly #subscriptions: Subscription[]
  readonly #waiting: (() => void)[] = [] // at most WAITING_MAX
  readonly #running = new Set<Promise<void>>()
  #free: number

  constructor(options: QueryServerOptions) {
    this.#options = options
    this.#free = options.concurrency
    const { source } = options
    this.#subscriptions = [
      this.#serve(feedQuery, (question) => answerFeed(source, question)),
      this.#serve(messageQuery, (id) => answerMessage(source, id)),
      this.#serve(traceQuery, (id) => answerTrace(source, id)),
      this.#serve(authorQuery, (question) => answerAuthor(source, question)),
      this.#serve(statsQuery, (receiver) => answerStats(source, receiver)),
    ]
  }

  #serve<Q, A>(query: StoreQuery<Q, A>, answer: (question: Q) => Promise<A>): Subscription {
    return this.#options.bus.nc.subscribe(query.name, {
      queue: storeQueries.queue,
      callback: (error, message) => {
        if (!error) this.#take(this.#answer(query, message, answer))
      },
    })
  }

  #take(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #answer<Q, A>(query: StoreQuery<Q, A>, message: Msg, answer: (question: Q) => Promise<A>): Promise<void> {
    const begun = performance.now()
    const question = query.parse(message.data)
    if (!question.ok) return this.#refuse(query, message, 'malformed')
    if (this.#free === 0 && this.#waiting.length >= WAITING_MAX) return this.#refuse(query, message, 'busy')
    await this.#turn()
    try {
      const reply = query.encodeReply({ ok: true, answer: await answer(question.value) })
      if (!this.#options.bus.nc.isClosed()) message.respond(reply)
      events.answered(query.name, (performance.now() - begun) / 1000)
    } catch (thrown) {
      this.#refuse(query, message, 'unavailable', thrown)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }

  /** Waits until one of the connections that are for questions is free: writers and leases never wait behind readers. */
  async #turn(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #refuse<Q, A>(
    query: StoreQuery<Q, A>,
    message: Msg,
    code: RefusalCode & ('malformed' | 'busy' | 'unavailable'),
    cause?: unknown,
  ): void {
    events.unanswered(this.#options.log, query.name, code, cause)
    if (!this.#options.bus.nc.isClosed()) message.respond(query.encodeReply({ ok: false, code }))
  }

  /** Takes no more questions and answers those it has. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) if (!subscription.isClosed()) subscription.unsubscribe()
    await Promise.all(this.#running)
  }
}
