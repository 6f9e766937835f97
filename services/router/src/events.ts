import type { EndReason, RefusalCode, SwitchEvent } from '@p2pmsg/protocol'
import { counter, histogram } from '@p2pmsg/runtime'

/** What we count, one function an event. Labels are from closed lists: no peer, author or receiver is ever one. */

/** What was done with a datagram. */
export type DatagramResult =
  /** A query was answered, or its message taken on. */
  | 'taken'
  /** An answer to a ping that was to prove the address. */
  | 'pong'
  /** To a query of the node's own. */
  | 'answer'
  | 'empty'
  /** Above 1,472 bytes: fragments of something that we never asked for. */
  | 'too-long'
  /** No dialect starts with this byte. */
  | 'unknown-dialect'
  /** Telexes where this router has no address for them. */
  | 'unsupported-dialect'
  | 'malformed'
  /** An answer or error that answers nothing of ours. */
  | 'unsolicited'
  /** A `msg` without a message in it, or without a valid token: its sender was told. */
  | 'bad-message'
  /** Over the rate of its address or prefix. */
  | 'rate-limited'
  /** The cap on bytes to unproved addresses is used up. */
  | 'capped'
  | 'draining'

const datagrams = counter('p2pmsg_datagrams', 'Datagrams received, by what was done with them', 'result')
export function datagram(result: DatagramResult): void {
  datagrams.add(1, result)
}

const krpcFaults = counter('p2pmsg_krpc_faults', 'Datagrams that are not KRPC although they start so', 'fault')
export function malformedKrpc(fault: string): void {
  datagrams.add(1, 'malformed')
  krpcFaults.add(1, fault)
}

const envelopes = counter('p2pmsg_envelopes', 'Messages past admission, by what became of them', 'result')
export function packed(): void {
  envelopes.add(1, 'packed')
}
/** A repeat of a message that is still undecided. @param waits false: enough wait for it already */
export function joined(waits: boolean): void {
  envelopes.add(1, waits ? 'joined' : 'not-joined')
}
/** A repeat of a message whose end is known. */
export function repeated(): void {
  envelopes.add(1, 'repeated')
}
export function refusedHere(code: RefusalCode): void {
  envelopes.add(1, `refused-${code}`)
}
export function publishFailed(messages: number, code: RefusalCode): void {
  envelopes.add(messages, `refused-${code}`)
}
export function logged(messages: number): void {
  envelopes.add(messages, 'logged')
}
/** Ingest's word: `accepted`, or the code of its refusal. */
export function verdictReceived(verdict: 'accepted' | RefusalCode): void {
  envelopes.add(1, verdict)
}
/** Nobody waits for these verdicts any more. */
export function strayVerdict(messages: number): void {
  envelopes.add(messages, 'stray-verdict')
}
/** No verdict came in time, or newer messages needed the room. */
export function forgotten(messages: number): void {
  envelopes.add(messages, 'forgotten')
}

const packSizes = histogram('p2pmsg_pack_size', 'Envelopes in a pack', [1, 2, 4, 8, 16, 32, 64])
export function packClosed(messages: number): void {
  packSizes.record(messages)
}

const telexEvents = counter('p2pmsg_telexes', 'What the Telehash v1 switch met and did', 'event')
export function telexEvent(event: SwitchEvent, count: number): void {
  telexEvents.add(count, event)
}
const telexRefusals = counter('p2pmsg_telex_refusals', 'Messages of 2011 that were not kept', 'reason')
export function telexRefused(reason: 'no-receiver' | 'malformed' | 'own-key'): void {
  telexRefusals.add(1, reason)
}
const telexOffers = counter('p2pmsg_telex_offers', 'Messages for receivers of 2011, by what was done', 'result')
export function offered(): void {
  telexOffers.add(1, 'signed')
}
export function offersMissed(reason: 'not-announced' | 'over-rate'): void {
  telexOffers.add(1, reason)
}

const pipesClosed = counter('p2pmsg_pipes_closed', 'Pipes that are over, by why', 'reason')
export function pipeClosed(reason: EndReason): void {
  pipesClosed.add(1, reason)
}

const tapsEnded = counter(
  'p2pmsg_taps_ended',
  'Taps that this router does not follow (any more), by what the client was told',
  'code',
)
export function tapEnded(code: RefusalCode): void {
  tapsEnded.add(1, code)
}

const badAnnouncements = counter('p2pmsg_announcements_bad', 'Announcements of commits that do not parse')
export function announcementBad(): void {
  badAnnouncements.add()
}

const shared = counter('p2pmsg_dht_shared', 'Items and peers between the routers of a cluster', 'result')
export function dhtShared(result: 'sent' | 'received' | 'stale'): void {
  shared.add(1, result)
}
const snapshotCounts = counter(
  'p2pmsg_dht_snapshots',
  'Snapshots sent to routers that start, or taken at a start',
  'result',
)
/** Sent: `sent`, `cut` at its limit, `busy` with others, `broken` by the bus. Taken: `complete`, `silent` or too `late` a sibling. */
export function snapshotEnded(result: 'sent' | 'cut' | 'busy' | 'broken' | 'complete' | 'silent' | 'late'): void {
  snapshotCounts.add(1, result)
}
const publications = counter('p2pmsg_dht_publications', 'Rounds of publishing a receiver record, by result', 'result')
export function recordPublished(result: 'stored' | 'nowhere' | 'expired' | 'too-many'): void {
  publications.add(1, result)
}

const posts = counter('p2pmsg_posts', 'Messages posted over HTTP, by status', 'status')
export function posted(status: number): void {
  posts.add(1, String(status))
}

const sendErrors = counter('p2pmsg_udp_errors', 'Datagrams not sent, by the reason', 'code')
export function sendFailed(code: string): void {
  sendErrors.add(1, code)
}

const entryFaults = counter('p2pmsg_bucket_faults', 'Entries of the buckets that were passed over', 'fault')
export function entryRefused(fault: string): void {
  entryFaults.add(1, fault)
}

const kernelDrops = counter('p2pmsg_udp_rcvbuf_errors', 'Datagrams that the kernel dropped for want of buffer')
export function kernelDropped(datagramsLost: number): void {
  kernelDrops.add(datagramsLost)
}
