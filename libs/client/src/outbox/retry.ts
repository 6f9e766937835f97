import { parseMessage } from '@p2pmsg/protocol'
import type { DhtOptions } from '../dht/find-record.ts'
import { Refused } from '../failures.ts'
import type { SendResult } from '../send-options.ts'
import { Sender } from '../sender.ts'
import type { Unsent } from './line.ts'
import type { Outbox } from './outbox.ts'

/** Messages of one receiver in flight. */
const WINDOW = 256
/** Receivers at once: one that nobody reaches holds up no other. */
const RECEIVERS_AT_ONCE = 16

export type RetryOptions = Readonly<{
  signal?: AbortSignal
  /** How receivers are found whose address names no host. */
  dht?: DhtOptions
  onSent?: (result: SendResult) => void
  /** Refused finally, or what a damaged disk has left of it: it is in the outbox no more. */
  onRefused?: (id: string, why: Refused | undefined) => void
}>

/**
 * Goes on with messages that were claimed, the same bytes under the same id, until each has its end. What goes wrong with one
 * is told when all others have theirs.
 * @throws {BadAddress}, {NoRecord}; or the signal's reason. What has no end stays in the outbox
 */
export async function retry(outbox: Outbox, claimed: readonly Unsent[], options: RetryOptions = {}): Promise<void> {
  const failures: unknown[] = [] // BOUNDED by 1: the first is told
  const note = (error: unknown): void => {
    if (failures.length === 0) failures.push(error)
  }
  const receivers = Map.groupBy(claimed, ({ address }) => address).entries()
  const worker = async () => {
    for (const [address, messages] of receivers) await retryAt(address, messages, outbox, options, note).catch(note)
  }
  await Promise.all(Array.from({ length: RECEIVERS_AT_ONCE }, worker))
  options.signal?.throwIfAborted()
  if (failures.length > 0) throw failures[0]
}

async function retryAt(
  address: string,
  messages: readonly Unsent[],
  outbox: Outbox,
  options: RetryOptions,
  note: (error: unknown) => void,
): Promise<void> {
  const { signal, dht = {} } = options
  await using sender = await Sender.start({ address, outbox, window: WINDOW, dht, ...(signal && { signal }) })
  const rest = messages.values()
  const worker = async () => {
    for (const message of rest) await deliver(sender, outbox, message, options).catch(note)
  }
  await Promise.all(Array.from({ length: WINDOW }, worker))
}

async function deliver(sender: Sender, outbox: Outbox, unsent: Unsent, options: RetryOptions): Promise<void> {
  const message = parseMessage(unsent.message)
  if (!message.ok) {
    await outbox.end(unsent)
    return options.onRefused?.(unsent.id, undefined)
  }
  try {
    options.onSent?.(await sender.deliver(message.value))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    options.onRefused?.(unsent.id, error)
  }
}
