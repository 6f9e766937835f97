import { type Found, type Hop, toHex } from '@p2pmsg/protocol'
import { formatUdp } from '../../names.ts'

/** Queries of one lookup are bounded by the node; those of all families together by this. */
const HOPS_MAX = 256

/** What became of one query, for a person. */
export function hopLine({ address, id, hops, bits, outcome, nodes, peers, item, tookMs }: Hop): string {
  const had = [...(item ? ['the item'] : []), ...(peers > 0 ? [`${peers} peers`] : []), `${nodes} nodes`].join(', ')
  const said = { answered: had, refused: 'an error', late: 'no answer yet' }[outcome]
  const who = `${formatUdp(address)} ${toHex(id).slice(0, 12)}… (${bits} bits near)`
  return `  hop ${hops}  ${String(Math.round(tookMs)).padStart(4)} ms  ${who}: ${said}`
}

/** What became of the queries of a lookup, for programs. */
export class HopList {
  readonly #hops: Hop[] = [] // BOUNDED by HOPS_MAX

  add(hop: Hop): void {
    if (this.#hops.length < HOPS_MAX) this.#hops.push(hop)
  }

  toJSON() {
    return this.#hops.map(({ address, id, item, ...rest }) => ({
      from: formatUdp(address),
      node: toHex(id),
      ...rest,
      item: item !== undefined,
    }))
  }
}

/** What a lookup cost. */
export function costOf({ queries, answers, hops, tookMs }: Found) {
  return { queries, answers, hops, tookMs }
}

export function costLine({ queries, answers, hops, tookMs }: Found): string {
  return `${Math.round(tookMs)} ms, ${answers} of ${queries} queries answered, ${hops} hops`
}
