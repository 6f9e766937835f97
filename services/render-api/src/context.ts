import type { DurabilityClass } from '@p2pmsg/protocol'
import type { Logger } from '@p2pmsg/runtime'
import type { Names } from './feed/names.ts'
import type { Pages } from './feed/pages.ts'
import type { ClientLimits } from './http/client-limits.ts'
import type { LiveHub } from './live/hub.ts'
import type { Receivers } from './receivers.ts'
import type { Reader } from './store-reader.ts'

/** What routes answer from. */
export type Context = Readonly<{
  reader: Reader
  receivers: Pick<Receivers, 'get'>
  /** What receipts say of the log now. */
  durability: () => DurabilityClass
  pages: Pages
  names: Names
  clients: Pick<ClientLimits, 'take' | 'beginLive'>
  /** Requests of one client, per second. */
  clientRate: number
  /** Addresses and networks whose X-Forwarded-For is believed. */
  trustedProxies: readonly string[]
  live: Pick<LiveHub, 'follow'>
  log: Logger
  defaultReceiver: Uint8Array | undefined
  publicUrl: string | undefined
  /** Parts that are not there, by name; empty = ready. */
  missing: () => readonly string[]
  /** Unix milliseconds. */
  now: () => number
}>
