/** Names that the setup job makes and the services assume. */
export const EDGE_STREAM = 'EDGE'
export const MESSAGES_STREAM = 'MESSAGES'
export const REFUSED_STREAM = 'REFUSED'
/** The one durable consumer of EDGE, shared by all ingests. */
export const INGEST_CONSUMER = 'ingest'
/** The one durable consumer of REFUSED, shared by all stores. */
export const REFUSED_CONSUMER = 'store'
/** KV: hosted receivers, by key in hex ({@link ReceiverEntry}). */
export const RECEIVERS_BUCKET = 'receivers'
/** KV: routers of this cluster that are alive, by incarnation in hex; entries expire. */
export const ROUTERS_BUCKET = 'routers'
/** Metadata of MESSAGES: the number of partitions, as decimal text. Services refuse to run with another. */
export const PARTITIONS_METADATA = 'p2pmsg-partitions'
/** How long a bus user's inboxes are named, so that no user can listen on another's: `_INBOX_<user>.…`. */
export function inboxPrefix(user: string): string {
  return `_INBOX_${user.replaceAll('-', '_')}`
}
/** Metadata of MESSAGES: its epoch, as decimal text. A store goes on with a log of a later epoch than it has applied. */
export const EPOCH_METADATA = 'p2pmsg-epoch'
export const EPOCH_FIRST = 1
