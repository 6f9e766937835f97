import type { FrameFault } from '../krpc/frame.ts'

/** The methods that a node answers, and `other` for all else. */
const METHODS = ['ping', 'find_node', 'get_peers', 'announce_peer', 'get', 'put', 'sample_infohashes'] as const
export type Method = (typeof METHODS)[number]

/** What has happened to a node since it was made; only ever counted up. */
export type AnswerCounts = {
  queries: Record<Method | 'other', number>
  /** Datagrams that were no KRPC, by what was wrong. */
  faults: Partial<Record<FrameFault, number>>
  /** Errors sent, by number. */
  errors: Record<string, number>
  /** Replies that left something out, for lack of room or of proof. */
  short: number
  /** Replies that were not sent, being larger than allowed. */
  overBudget: number
  /** Queries to us while read-only. */
  ignored: number
}

export function newAnswerCounts(): AnswerCounts {
  const queries = Object.fromEntries([...METHODS, 'other'].map((method) => [method, 0])) as AnswerCounts['queries']
  return { queries, faults: {}, errors: {}, short: 0, overBudget: 0, ignored: 0 }
}

export function isMethod(name: string): name is Method {
  return (METHODS as readonly string[]).includes(name)
}
