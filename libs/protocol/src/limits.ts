/** Sizes, counts and windows that more than one part of the system must agree on. A limit that one file alone uses stands in that file. */

/** Ethernet MTU 1500, less IPv4 header 20 and UDP header 8: the largest datagram that arrives unfragmented, bytes. */
export const DATAGRAM_IN_BYTES_MAX = 1472
/** IPv6's minimum MTU 1280 less headers, rounded down: the largest datagram that we send, bytes. */
export const DATAGRAM_OUT_BYTES_MAX = 1200
/** BEP 32 forbids KRPC payloads above this, bytes. */
export const KRPC_OUT_BYTES_MAX = 1024

/** Ed25519 public key, bytes (RFC 8032). */
export const KEY_BYTES = 32
/** Ed25519 signature, bytes (RFC 8032). */
export const SIGNATURE_BYTES = 64
/** What the routers of a cluster share: tokens, cookies and the pipe key are made of it, bytes. */
export const CLUSTER_SECRET_BYTES_MIN = 16
/** SHA-256 digest: message ids, Merkle nodes, bytes. */
export const HASH_BYTES = 32
/** BEP 44: a salt has at most this many bytes. Ours is the receiver's key and the topic. */
export const SALT_BYTES_MAX = 64
/** What BEP 44's salt leaves for a topic beside the receiver's key, bytes of UTF-8. */
export const TOPIC_BYTES_MAX = SALT_BYTES_MAX - KEY_BYTES
/** A message's bencoded `v` in one datagram, bytes (BEP 44 allows 1000; ours leaves room for the token and the padding). */
export const VALUE_UDP_BYTES_MAX = 900
/** A message's bencoded `v` over HTTP, bytes. */
export const VALUE_HTTP_BYTES_MAX = 65_536
/** A whole message over HTTP: `v`, key, salt, signature and their bencoding, bytes. */
export const MESSAGE_HTTP_BYTES_MAX = 66 * 1024

/** Envelopes in one pack. A block has at most as many messages, so a slot fits one byte of the position. */
export const PACK_ENVELOPES_MAX = 64
/** Bytes of one pack: closes at the envelope that would pass it. */
export const PACK_BYTES_MAX = 256 * 1024
/** How long EDGE and MESSAGES remember a publish id, and so store what comes under it once, milliseconds. */
export const DUPLICATE_WINDOW_MS = 10 * 60 * 1000
/** The smallest `max_payload` of a NATS server that we accept, bytes: a pack, its block, a reply and an announcement all fit. */
export const BUS_PAYLOAD_BYTES_MIN = 1024 * 1024

/** Sender's clock ahead of the router's by more than this is `future`, milliseconds. */
export const FUTURE_MS_MAX = 15 * 60 * 1000
/** Sender's clock behind the router's by more than this is `too-old` unless configured otherwise, milliseconds. */
export const AGE_MS_MAX_DEFAULT = 7 * 24 * 3600 * 1000
/** 9999-12-31T23:59:59Z, Unix seconds: the last second that every feed format can print. */
export const UNIX_SECONDS_MAX = 253_402_300_799

/** Partitions of MESSAGES when the stream is made without another number. */
export const PARTITIONS_DEFAULT = 4
/** Most partitions a stream may have: they are single-byte labels on lease rows, metrics and subjects. */
export const PARTITIONS_MAX = 256
/** Rows in one page of a feed. */
export const PAGE_ROWS_MAX = 200
/** Bytes of rows in one reply of the store; a page is cut short there and says so. */
export const PAGE_BYTES_MAX = 768 * 1024
/** Bytes of rows that an announcement carries; beyond that, readers ask. */
export const ANNOUNCEMENT_BYTES_MAX = 256 * 1024
