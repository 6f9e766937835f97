import type { UdpAddress } from '../krpc/compact.ts'
import type { Query } from '../krpc/query.ts'
import type { Contact } from './contact.ts'
import type { AddressProofs } from './proofs.ts'
import type { ReplicaRecord } from './replica-record.ts'
import type { Storable } from './stored-item.ts'
import type { Tokens } from './token.ts'

/** A query of a method that the node does not know itself. */
export type ForeignQuery = Readonly<{
  query: Query
  from: UdpAddress
  nowMs: number
  /** The address has shown that what is sent there arrives. */
  proved: boolean
  /** What may be sent in answer, bytes in all. */
  budget: number
  /** Whether the query's token is one that we gave to this address for this target; a valid one proves the address. */
  hasTokenFor: (target: Uint8Array) => boolean
}>

export type NodeOptions = Readonly<{
  /** 20 bytes: from configuration, never from what a stranger says. */
  id: Uint8Array
  tokens: Tokens
  /** Unpredictable bytes. */
  random: (bytes: number) => Uint8Array
  /** Unix milliseconds. */
  nowMs: number
  /** Families of addresses that the socket has (BEP 32); IPv4 alone when left out. */
  families?: readonly (4 | 6)[]
  /** BEP 43: asks and never answers; others do not put it into their tables. */
  readOnly?: boolean
  /** One of several replicas behind one address: answers and never originates, but for a ping to who has just asked. */
  responderOnly?: boolean
  /** Contacts of one /24 or /56 in one bucket and in one lookup; more where a network is all of one's own. */
  perPrefixMax?: number
  /** Shared with those who prove addresses in other ways. */
  proofs?: AddressProofs
  /** An item that is served beside those that strangers store, such as a receiver record. */
  itemOf?: (target: Uint8Array) => Storable | undefined
  /** Contacts to name beside those of the table, such as a cluster's other routers. */
  neighbours?: (family: 4 | 6, nowMs: number) => readonly Contact[]
  /**
   * A ping for an address that a pong should prove, at most 67 bytes, whose pong the owner of `proofs` knows by itself: where
   * replicas share an address, the pong can come to another. The node asks by a transaction of its own when left out.
   */
  provingPing?: (ip: Uint8Array, nowMs: number) => Uint8Array
  /** Takes queries of other methods. @returns the datagrams to answer with, none = taken, answered later or never; undefined = not taken */
  onForeign?: (query: ForeignQuery) => readonly Uint8Array[] | undefined
  /** A stranger has stored something: for the other replicas. */
  onStored?: (record: ReplicaRecord) => void
}>
