import type { KademliaNode } from '@p2pmsg/protocol'
import { counted, type GaugeValue, gauge } from '@p2pmsg/runtime'

/** Shows what the node counts. */
export function watchNode(node: KademliaNode): void {
  counted('p2pmsg_dht_queries', 'Queries to the node, by method', () => by('method', node.counts.answering.queries))
  counted('p2pmsg_dht_errors', 'Errors that it answered with, by number', () =>
    by('code', node.counts.answering.errors),
  )
  counted(
    'p2pmsg_dht_answers_cut',
    'Answers that lacked something, or were not sent, to stay within their budget',
    () => {
      const { short, overBudget } = node.counts.answering
      return by('how', { short, unsent: overBudget })
    },
  )
  counted('p2pmsg_dht_asked', 'Queries of its own, and what became of them', () => {
    const { open: _, ...counts } = node.counts.asking
    return by('result', counts)
  })
  counted('p2pmsg_dht_stored', 'Items and peers, by what was done with them', () => {
    const { stored, full, imported, stale, expired } = node.counts.storage
    return by('result', { stored, full, imported, stale, expired })
  })
  gauge('p2pmsg_dht_held', 'Items, info hashes and peers that strangers have stored', () => {
    const { items, hashes, peers } = node.counts.storage
    return by('what', { items, hashes, peers })
  })
  gauge('p2pmsg_dht_contacts', 'Nodes in the routing table, by family', () => by('family', node.counts.contacts))
  gauge('p2pmsg_dht_published', 'Receiver records that are kept published', () => node.operations.published)
  gauge('p2pmsg_dht_proved', 'Addresses that are remembered', () => node.counts.proved)
}

function by(label: string, counts: Readonly<Record<string, number>>): GaugeValue[] {
  return Object.entries(counts).map(([key, value]) => ({ value, labels: { [label]: key } }))
}
