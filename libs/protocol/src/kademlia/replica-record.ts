import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { IP_BYTES, type UdpAddress } from '../krpc/compact.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { ID_BYTES } from './id.ts'
import { ITEM_VALUE_BYTES_MAX, packItem, type Storable, unpackItem } from './stored-item.ts'

/**
 * What one replica of a node tells the others, so that what was put at one is got from any:
 *   version      u8   1
 *   kind         u8   0 item, 1 peer
 *   received_ms  u64  Unix milliseconds
 *   item:  u32 length and a packed item (stored-item.ts)
 *   peer:  info_hash 20, ip 16 (IPv4 mapped), port u16
 */
export type ReplicaRecord =
  | Readonly<{ kind: 'item'; receivedMs: number; item: Storable }>
  | Readonly<{ kind: 'peer'; receivedMs: number; infoHash: Uint8Array; address: UdpAddress }>

const VERSION = 1
const [ITEM, PEER] = [0, 1]
/** Head, key, signature, seq and salt beside the value. */
const PACKED_BYTES_MAX = ITEM_VALUE_BYTES_MAX + 1 + 32 + 64 + 8 + 64

export function encodeReplicaRecord(record: ReplicaRecord): Uint8Array {
  const writer = new Writer().u8(VERSION)
  if (record.kind === 'item') return writer.u8(ITEM).u64(record.receivedMs).blob(packItem(record.item)).done()
  const { infoHash, address } = record
  return writer.u8(PEER).u64(record.receivedMs).bytes(infoHash).bytes(address.ip).u16(address.port).done()
}

export function parseReplicaRecord(bytes: Uint8Array): Parsed<ReplicaRecord, 'bad-record'> {
  const reader = new Reader(bytes)
  const [version, kind, receivedMs] = [reader.u8(), reader.u8(), reader.safe()]
  if (version !== VERSION) return faulty('bad-record')
  if (kind === ITEM) {
    const packed = reader.blob()
    if (!reader.complete || packed.length < 2 || packed.length > PACKED_BYTES_MAX) return faulty('bad-record')
    const item = unpackItem(packed)
    return item.value.length > 0 ? parsed({ kind: 'item', receivedMs, item }) : faulty('bad-record')
  }
  const [infoHash, ip, port] = [reader.bytes(ID_BYTES), reader.bytes(IP_BYTES), reader.u16()]
  if (kind !== PEER || !reader.complete) return faulty('bad-record')
  return parsed({ kind: 'peer', receivedMs, infoHash, address: { ip, port } })
}
