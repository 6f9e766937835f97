import { toHex } from '../bytes/bytes.ts'
import type { ReplicaRecord } from '../kademlia/replica-record.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { type Announcement, encodeAnnouncement, parseAnnouncement } from './announcement.ts'
import { type Block, encodeBlock, parseBlock } from './block.ts'
import { encodePack, INCARNATION_BYTES, type Pack, parsePack } from './pack.ts'
import { encodeRefusals, parseRefusals, type Refusal } from './refusal.ts'
import {
  encodeSharedRecord,
  encodeSnapshotPart,
  parseSharedRecord,
  parseSnapshotPart,
  type SharedRecord,
} from './shared-record.ts'
import { encodeSignal, parseSignal, type Signal } from './signal.ts'
import { encodeVerdicts, parseVerdicts, type Verdicts } from './verdict.ts'

/** The NATS users: one for each service, and one for the job that makes streams and buckets. */
export const BUS_USERS = ['router', 'ingest', 'store', 'render-api', 'admin'] as const
export type BusUser = (typeof BUS_USERS)[number]

/** A subject, the one type that travels on it, and who may do what with it. Publishing anything else does not compile. */
export type Subject<T> = Readonly<{
  name: string
  encode: (value: T) => Uint8Array
  parse: (bytes: Uint8Array) => Parsed<T>
}>

/** Subjects that differ in one token, which is a partition or a router. */
export type SubjectFamily<T, K> = Readonly<{
  of: (key: K) => Subject<T>
  /** All of them. */
  wildcard: string
}> &
  Traffic

/** Core NATS traffic of a subject; what goes through JetStream is granted by API call (grants.ts). */
type Traffic = Readonly<{ publishers: readonly BusUser[]; subscribers: readonly BusUser[] }>

/** Router → ingest: packs, through the stream EDGE. */
export const edge: Subject<Pack> & Traffic = {
  name: 'edge.v1',
  encode: encodePack,
  parse: parsePack,
  publishers: ['router'],
  subscribers: [],
}

/** Ingest → operators and store: refusals, through the stream REFUSED. */
export const refused: Subject<readonly Refusal[]> & Traffic = {
  name: 'refused.v1',
  encode: encodeRefusals,
  parse: parseRefusals,
  publishers: ['ingest'],
  subscribers: [],
}

/** Ingest → store, one subject a partition: blocks, through the stream MESSAGES. */
export const messages: SubjectFamily<Block, number> = {
  wildcard: 'messages.v1.*',
  of: (partition) => ({ name: `messages.v1.${partition}`, encode: encodeBlock, parse: parseBlock }),
  publishers: ['ingest'],
  subscribers: [],
}

/** Ingest → the router that waits, by its incarnation. Not stored: what gets lost is asked again. */
export const verdicts: SubjectFamily<Verdicts, Uint8Array> = {
  wildcard: 'verdicts.v1.*',
  of: (incarnation) => ({ name: `verdicts.v1.${toHex(incarnation)}`, encode: encodeVerdicts, parse: parseVerdicts }),
  publishers: ['ingest'],
  subscribers: ['router'],
}

/** Store → render-api (live feeds), one subject a partition. Not stored: gaps show in `prev`. */
export const committed: SubjectFamily<Announcement, number> = {
  wildcard: 'committed.v1.*',
  of: (partition) => ({
    name: `committed.v1.${partition}`,
    encode: encodeAnnouncement,
    parse: parseAnnouncement,
  }),
  publishers: ['store'],
  subscribers: ['render-api', 'router'],
}

/** Router → the other routers: Telehash v1 signals for their tappers. Not stored: a signal is for who listens now. */
export const signals: Subject<Signal> & Traffic = {
  name: 'signals.v1',
  encode: encodeSignal,
  parse: parseSignal,
  publishers: ['router'],
  subscribers: ['router'],
}

/** Router → the other routers: what strangers have put and announced. Not stored: it ends by itself, and is put anew each hour. */
export const dht: Subject<SharedRecord> & Traffic = {
  name: 'dht.v1',
  encode: encodeSharedRecord,
  parse: parseSharedRecord,
  publishers: ['router'],
  subscribers: ['router'],
}

/** Router that starts → one of its siblings, by its incarnation: send all of that. */
export const snapshotWanted: Subject<Uint8Array> & Traffic & Readonly<{ queue: string }> = {
  name: 'dht.v1.snapshot',
  encode: (incarnation) => incarnation,
  parse: (bytes) => (bytes.length === INCARNATION_BYTES ? parsed(bytes) : faulty('bad-incarnation')),
  queue: 'router',
  publishers: ['router'],
  subscribers: ['router'],
}

/** That sibling → the router that asked: its snapshot in parts, of which the last is empty. */
export const snapshots: SubjectFamily<readonly ReplicaRecord[], Uint8Array> = {
  wildcard: 'dht.v1.snapshot.*',
  of: (incarnation) => ({
    name: `dht.v1.snapshot.${toHex(incarnation)}`,
    encode: encodeSnapshotPart,
    parse: parseSnapshotPart,
  }),
  publishers: ['router'],
  subscribers: ['router'],
}

/** Questions to the store: requests of these users, answered by its queue group. */
export const storeQueries: Traffic & Readonly<{ wildcard: string; queue: string }> = {
  wildcard: 'store.v1.*',
  queue: 'store',
  publishers: ['render-api', 'router'],
  subscribers: ['store'],
}
