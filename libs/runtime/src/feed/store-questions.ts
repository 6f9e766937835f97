import type { Reply, StoreQuery } from '@p2pmsg/protocol'
import type { Bus } from '../bus/connect.ts'
import { TooManyInFlight } from '../failures.ts'

/** Nobody waits for an answer longer than this, milliseconds. */
const ANSWER_MS = 5_000

/** Asks the store over the bus. Equal questions that are under way at the same time are asked once. */
export class StoreQuestions {
  readonly #bus: Bus
  readonly #inFlightMax: number
  readonly #underWay = new Map<string, Promise<unknown>>() // BOUNDED by #inFlightMax

  /** @param inFlightMax questions at once; more are turned away, so that a slow store cannot fill this process */
  constructor(bus: Bus, inFlightMax: number) {
    this.#bus = bus
    this.#inFlightMax = inFlightMax
  }

  /** @throws {BusUnavailable} no answer @throws {TooManyInFlight} */
  ask<Q, A>(query: StoreQuery<Q, A>, question: Q): Promise<Reply<A>> {
    const key = query.name + Buffer.from(query.encode(question)).toString('latin1')
    const sameQuestion = this.#underWay.get(key) as Promise<Reply<A>> | undefined
    if (sameQuestion) return sameQuestion
    if (this.#underWay.size >= this.#inFlightMax) throw new TooManyInFlight('too many questions to the store')
    const answer = this.#bus.request(query, question, ANSWER_MS).finally(() => this.#underWay.delete(key))
    this.#underWay.set(key, answer)
    return answer
  }
}
