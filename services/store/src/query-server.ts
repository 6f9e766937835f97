import {
  archiveQuery,
  authorQuery,
  countQuery,
  feedQuery,
  messageQuery,
  type RefusalCode,
  type StoreQuery,
  statsQuery,
  storeQueries,
  traceQuery,
} from '@p2pmsg/protocol'
import { type Bus, type Logger, Turns } from '@p2pmsg/runtime'
import type { Msg, Subscription } from 'nats'
import * as events from './events.ts'
import { answerArchive } from './queries/archive.ts'
import { answerAuthor } from './queries/author.ts'
import { answerCount } from './queries/count.ts'
import { answerFeed, NoSearch } from './queries/feed.ts'
import { answerMessage } from './queries/message.ts'
import type { Source } from './queries/snapshot.ts'
import { answerStats } from './queries/stats.ts'
import { answerTrace } from './queries/trace.ts'

/** Questions that wait for a connection; more are told `busy` at once, before they wait in vain. */
const WAITING_MAX = 256
/** Of the connections for readers, those that may search at a time: words that take long must not keep pages waiting. */
const SEARCHERS_SHARE = 0.5
/** Searches that wait for one of them. */
const SEARCHERS_WAITING_MAX = 32

export type QueryServerOptions = Readonly<{ source: Source; bus: Bus; log: Logger; concurrency: number }>

/** Answers questions over request/reply, together with the other replicas: each question is one replica's. */
export class QueryServer implements AsyncDisposable {
  readonly #options: QueryServerOptions
  readonly #subscriptions: Subscription[]
  readonly #running = new Set<Promise<void>>()
  readonly #readers: Turns
  readonly #searchers: Turns

  constructor(options: QueryServerOptions) {
    this.#options = options
    const { source, concurrency } = options
    this.#readers = new Turns(concurrency, WAITING_MAX)
    this.#searchers = new Turns(Math.max(1, Math.floor(concurrency * SEARCHERS_SHARE)), SEARCHERS_WAITING_MAX)
    this.#subscriptions = [
      this.#serve(
        feedQuery,
        (question) => answerFeed(source, question),
        ({ search }) => (search === undefined ? [] : [this.#searchers]),
      ),
      this.#serve(archiveQuery, (question) => answerArchive(source, question)),
      this.#serve(countQuery, (question) => answerCount(source, question)),
      this.#serve(messageQuery, (id) => answerMessage(source, id)),
      this.#serve(traceQuery, (id) => answerTrace(source, id, options.bus)),
      this.#serve(authorQuery, (question) => answerAuthor(source, question)),
      this.#serve(statsQuery, (receiver) => answerStats(source, receiver)),
    ]
  }

  /** @param first what a question must wait for before it waits for a connection */
  #serve<Q, A>(
    query: StoreQuery<Q, A>,
    answer: (question: Q) => Promise<A>,
    first: (question: Q) => readonly Turns[] = () => [],
  ): Subscription {
    return this.#options.bus.nc.subscribe(query.name, {
      queue: storeQueries.queue,
      callback: (error, message) => {
        if (!error) this.#take(this.#answer(query, message, answer, first))
      },
    })
  }

  #take(work: Promise<void>): void {
    const running = work.finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  async #answer<Q, A>(
    query: StoreQuery<Q, A>,
    message: Msg,
    answer: (question: Q) => Promise<A>,
    first: (question: Q) => readonly Turns[],
  ): Promise<void> {
    const begun = performance.now()
    const question = query.parse(message.data)
    if (!question.ok) return this.#refuse(query, message, 'malformed')
    const turns = [...first(question.value), this.#readers]
    if (turns.some(({ full }) => full)) return this.#refuse(query, message, 'busy')
    using taken = new DisposableStack()
    try {
      for (const turn of turns) taken.use(await turn.take())
      const reply = query.encodeReply({ ok: true, answer: await answer(question.value) })
      if (!this.#options.bus.nc.isClosed()) message.respond(reply)
      events.answered(query.name, (performance.now() - begun) / 1000)
    } catch (thrown) {
      if (thrown instanceof NoSearch) this.#refuse(query, message, 'not-allowed')
      else this.#refuse(query, message, 'unavailable', thrown)
    }
  }

  #refuse<Q, A>(
    query: StoreQuery<Q, A>,
    message: Msg,
    code: RefusalCode & ('malformed' | 'not-allowed' | 'busy' | 'unavailable'),
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
