import { compareDistance } from '../kademlia/id.ts'

/** A switch as `.see` names it. */
export type Seen = Readonly<{ address: string; id: Uint8Array }>

/** Switches in one answer, beside ourselves. */
const SEE_MAX = 5

/**
 * Who is nearest to an end, by the full XOR distance (2011's switches compared the highest differing bit alone and left ties
 * unordered). Ourselves are among the candidates, and at the end of the list when they are not near and `introduce` is set.
 */
export function nearest(end: Uint8Array, self: Seen, visible: Iterable<Seen>, introduce: boolean): string[] {
  const near = [self, ...visible]
    .toSorted((a, b) => compareDistance(end, a.id, b.id))
    .slice(0, SEE_MAX)
    .map((seen) => seen.address)
  if (introduce && !near.includes(self.address)) near.push(self.address)
  return near
}
