import { CLIENT_VERSION, concat, isIpv4, type UdpAddress, utf8 } from '@p2pmsg/protocol'

const [IP_V4, IP_V6] = [utf8('d2:ip6:'), utf8('d2:ip18:')] as const
/** Where the last bytes of a mapped address start. */
const V4_AT = 12
const RECEIPT = utf8('7:receipt')
const COLON = utf8(':')
const TRANSACTION = utf8('5:stage8:acceptede1:t')
const TAIL = concat([utf8('1:v4:'), CLIENT_VERSION, utf8('1:y1:re')])

/**
 * Writes the one reply that every message ends with, straight into its place: the same bytes as `encodeReply` makes of
 * `{id, mid, receipt, stage: 'accepted'}`, in a quarter of the time.
 */
export class AcceptedReply {
  /** From the reply's dict to where the message's id goes. */
  readonly #body: Uint8Array

  /** @param nodeId 20 bytes */
  constructor(nodeId: Uint8Array) {
    this.#body = concat([utf8('1:rd2:id20:'), nodeId, utf8('3:mid32:')])
  }

  /** @param t 0–64 bytes @param mid 32 bytes */
  encode(t: Uint8Array, to: UdpAddress, mid: Uint8Array, receipt: Uint8Array): Uint8Array {
    const v4 = isIpv4(to.ip)
    const [head, ip] = v4 ? [IP_V4, to.ip.subarray(V4_AT)] : [IP_V6, to.ip]
    const lengths = [String(receipt.length), String(t.length)] as const
    const fixed = head.length + ip.length + 2 + this.#body.length + RECEIPT.length + 2 * COLON.length
    const size = fixed + TRANSACTION.length + TAIL.length + lengths[0].length + lengths[1].length
    const bytes = Buffer.allocUnsafe(size + mid.length + receipt.length + t.length)
    let at = 0
    const put = (part: Uint8Array) => {
      bytes.set(part, at)
      at += part.length
    }
    const putLength = (digits: string) => {
      for (let i = 0; i < digits.length; i++) bytes[at++] = digits.charCodeAt(i)
      put(COLON)
    }
    put(head)
    put(ip)
    bytes[at++] = to.port >> 8
    bytes[at++] = to.port & 255
    put(this.#body)
    put(mid)
    put(RECEIPT)
    putLength(lengths[0])
    put(receipt)
    put(TRANSACTION)
    putLength(lengths[1])
    put(t)
    put(TAIL)
    return bytes
  }
}
