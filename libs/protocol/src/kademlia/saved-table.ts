import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { IP_BYTES, type NodeContact } from '../krpc/compact.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { ID_BYTES } from './id.ts'

/** Contacts that are saved: those who answered last. */
export const SAVED_MAX = 512
const VERSION = 1

/**
 * A routing table between two runs of a node:
 *   version   u8   1
 *   id        20   the node's own
 *   contacts  u16 count, each id 20, ip 16 (IPv4 mapped), port u16
 */
export type SavedTable = Readonly<{ id: Uint8Array; contacts: readonly NodeContact[] }>

export function encodeSavedTable({ id, contacts }: SavedTable): Uint8Array {
  return new Writer()
    .u8(VERSION)
    .bytes(id)
    .list(contacts.slice(0, SAVED_MAX), (writer, { id, address }) =>
      writer.bytes(id).bytes(address.ip).u16(address.port),
    )
    .done()
}

export function parseSavedTable(bytes: Uint8Array): Parsed<SavedTable, 'bad-table'> {
  const reader = new Reader(bytes)
  const [version, id] = [reader.u8(), reader.bytes(ID_BYTES)]
  const contacts = reader.list(SAVED_MAX, () => ({
    id: reader.bytes(ID_BYTES),
    address: { ip: reader.bytes(IP_BYTES), port: reader.u16() },
  }))
  return version === VERSION && reader.complete ? parsed({ id, contacts }) : faulty('bad-table')
}
