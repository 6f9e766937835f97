// Signed messages as rows of a feed, and a router that sends them to whoever taps.
import {
  type Draft,
  encodeContent,
  encodeMessage,
  type KeyPair,
  keyPairFromSeed,
  messageId,
  type Row,
  type ServerPipe,
  saltOf,
  signItem,
  type Tap,
  utf8,
} from '@p2pmsg/protocol'

export const AUTHOR: KeyPair = keyPairFromSeed(Buffer.alloc(32, 40))

export function aRow(position: number, draft: Draft, receiver: Uint8Array, topic = ''): Row {
  const item = { salt: saltOf(receiver, utf8(topic)), seq: BigInt(position), value: encodeContent(draft) }
  const message = signItem(AUTHOR, item)
  const times = { receivedMs: 1_800_000_000_000, storedMs: 1_800_000_000_001 }
  return {
    position: BigInt(position),
    id: messageId(message),
    dialect: 'pipe',
    message: encodeMessage(message),
    ...times,
  }
}

/** Notes what it is asked and told. */
export class FeedOfRows {
  readonly asked: Tap[] = []
  readonly delivered: bigint[] = []
  rows: Row[] = []

  readonly events = {
    onTap: (pipe: ServerPipe, tap: Tap): void => {
      this.asked.push(tap)
      for (const row of this.rows) if (row.position > tap.after) pipe.deliver(tap.tap, row)
    },
    onRoom: (_pipe: ServerPipe, _tap: number, position: bigint): void => void this.delivered.push(position),
  }
}
