import { compactNodes, isIpv4, type NodeContact } from '@p2pmsg/protocol'

/** Entries in one list: some drop lists of more than 16, and 8 is what everybody asks for. */
const NODES_MAX = 8
/** Bytes of an entry of `nodes` and of `nodes6` (BEP 5, BEP 32). */
const ENTRY_BYTES = { 4: 26, 6: 38 } as const
/** What a list costs beside its entries: `6:nodes6` and a length of up to three digits with its colon. */
const LIST_BYTES = 12
/** Entries of `want` that are looked at. */
const WANT_MAX = 4

export type NodeLists = Readonly<{ nodes?: Uint8Array; nodes6?: Uint8Array }>
export type Closest = (family: 4 | 6, count: number) => readonly NodeContact[]

/** Which families a query wants: `n4` and `n6` in its `want`, else the one it came by (BEP 32). */
export function wantedFamilies(want: readonly unknown[] | undefined, from: Uint8Array): readonly (4 | 6)[] {
  const texts = (want ?? [])
    .slice(0, WANT_MAX)
    .map((entry) => (entry instanceof Uint8Array ? Buffer.from(entry).toString('latin1') : ''))
  const asked = new Set(texts)
  const families = ([4, 6] as const).filter((family) => asked.has(`n${family}`))
  return families.length > 0 ? families : [isIpv4(from) ? 4 : 6]
}

/** The closest nodes in as many bytes as there are; two lists share them. */
export function nodesThatFit(bytes: number, families: readonly (4 | 6)[], closest: Closest): NodeLists {
  const each = Math.floor(bytes / families.length)
  const lists: { nodes?: Uint8Array; nodes6?: Uint8Array } = {}
  for (const family of families) {
    const count = Math.min(NODES_MAX, Math.floor((each - LIST_BYTES) / ENTRY_BYTES[family]))
    // An empty list is sent too, where it fits: some take an answer without one for a broken one.
    if (count < 0) continue
    const list = compactNodes(count === 0 ? [] : closest(family, count))
    if (family === 4) lists.nodes = list
    else lists.nodes6 = list
  }
  return lists
}
