import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { keyFor, mac } from './mac.ts'
import { MAC_BYTES, PIPE_ID_BYTES, RESET } from './sizes.ts'

/**
 * "I do not know this pipe", from whoever holds the address now; shorter than any frame:
 *   type   u8        0xfb
 *   id     8 bytes   the router's end, as the frame named it
 *   token  16 bytes  keyed BLAKE2b over the id; the client learnt it in the handshake
 */
export type Reset = Readonly<{ id: Uint8Array; token: Uint8Array }>

export const RESET_BYTES = 1 + PIPE_ID_BYTES + MAC_BYTES

export function encodeReset(reset: Reset): Uint8Array {
  return new Writer(RESET_BYTES).u8(RESET).bytes(reset.id).bytes(reset.token).done()
}

export function parseReset(bytes: Uint8Array): Parsed<Reset, 'bad-reset'> {
  const reader = new Reader(bytes.subarray(1))
  const reset = { id: reader.bytes(PIPE_ID_BYTES), token: reader.bytes(MAC_BYTES) }
  return reader.complete ? parsed(reset) : faulty('bad-reset')
}

/**
 * The token of any id, without state: a router that has just started, or another replica behind the same address, can end a
 * pipe whose keys it never had. Who sees a pipe's frames can have one made by asking another replica; such a one could as well
 * drop the frames, and the client loses nothing but a round trip.
 */
export class ResetTokens {
  readonly #key: Uint8Array

  /** @param secret what all replicas share: the first of the cluster's secrets */
  constructor(secret: Uint8Array) {
    this.#key = keyFor('p2pmsg-pipe-reset', secret)
  }

  tokenOf(id: Uint8Array): Uint8Array {
    return mac(this.#key, id)
  }
}
