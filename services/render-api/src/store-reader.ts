import {
  type ArchiveAnswer,
  type ArchiveQuestion,
  type AuthorAnswer,
  type AuthorQuestion,
  archiveQuery,
  authorQuery,
  type CountAnswer,
  type CountQuestion,
  countQuery,
  type FeedAnswer,
  type FeedQuestion,
  feedQuery,
  type MessageAnswer,
  messageQuery,
  type RefusalCode,
  type StatsAnswer,
  type StoreQuery,
  statsQuery,
  type TraceAnswer,
  traceQuery,
} from '@p2pmsg/protocol'
import { type Bus, BusUnavailable, StoreQuestions } from '@p2pmsg/runtime'
import { asked, storeFailed } from './events.ts'
import { ProblemError } from './problem.ts'

/** The questions that pages are made of. Only the store can answer them: this service has no database. */
export interface Reader {
  feed(question: FeedQuestion): Promise<FeedAnswer>
  archive(question: ArchiveQuestion): Promise<ArchiveAnswer>
  count(question: CountQuestion): Promise<CountAnswer>
  message(id: Uint8Array): Promise<MessageAnswer>
  trace(id: Uint8Array): Promise<TraceAnswer>
  author(question: AuthorQuestion): Promise<AuthorAnswer>
  stats(receiver: Uint8Array): Promise<StatsAnswer>
}

/** Questions in flight at once; more are turned away, so that a slow store cannot fill this process. */
const IN_FLIGHT_MAX = 512

/** What a refusal means to the reader; undefined = only that the store does not answer now. */
type ProblemOf = (code: RefusalCode) => ProblemError | undefined

/** Asks over the bus. */
export class StoreReader implements Reader {
  readonly #questions: StoreQuestions

  constructor(bus: Bus) {
    this.#questions = new StoreQuestions(bus, IN_FLIGHT_MAX)
  }

  /** @throws {ProblemError} `search-off`: this store keeps no index of words */
  feed(question: FeedQuestion): Promise<FeedAnswer> {
    return this.#ask(feedQuery, question, (code) => {
      if (question.search === undefined || code !== 'not-allowed') return undefined
      return new ProblemError('search-off', 'Messages cannot be searched here: the operator has switched it off.')
    })
  }

  archive(question: ArchiveQuestion): Promise<ArchiveAnswer> {
    return this.#ask(archiveQuery, question)
  }

  count(question: CountQuestion): Promise<CountAnswer> {
    return this.#ask(countQuery, question)
  }

  message(id: Uint8Array): Promise<MessageAnswer> {
    return this.#ask(messageQuery, id)
  }

  trace(id: Uint8Array): Promise<TraceAnswer> {
    return this.#ask(traceQuery, id)
  }

  author(question: AuthorQuestion): Promise<AuthorAnswer> {
    return this.#ask(authorQuery, question)
  }

  stats(receiver: Uint8Array): Promise<StatsAnswer> {
    return this.#ask(statsQuery, receiver)
  }

  /** @throws {BusUnavailable} no answer, or the store has no database @throws {TooManyInFlight} */
  async #ask<Q, A>(query: StoreQuery<Q, A>, question: Q, problemOf?: ProblemOf): Promise<A> {
    asked(query.name)
    try {
      const reply = await this.#questions.ask(query, question)
      if (reply.ok) return reply.answer
      throw problemOf?.(reply.code) ?? new BusUnavailable(`${query.name}: the store says ${reply.code}`)
    } catch (thrown) {
      storeFailed(query.name)
      throw thrown
    }
  }
}
