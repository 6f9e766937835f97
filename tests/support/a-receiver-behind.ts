import { Kvm } from '@nats-io/kv'
import { resolve } from '@p2pmsg/client'
import type { Stack } from '@p2pmsg/local'
import {
  BUDGET_DEFAULT,
  encodeEntry,
  entryName,
  formatAddress,
  type KeyPair,
  OPEN_POLICY,
  pipeKeysOf,
  RECEIVERS_BUCKET,
  signDelegation,
  signRecord,
} from '@p2pmsg/protocol'
import { connectTo } from './bus.ts'
import { aKeyPair, thisHour } from './messages.ts'

/** A receiver of its own for one test, which a stack hosts: its address and its record name `port` alone. @returns the address */
export async function aReceiverBehind(
  stack: Stack,
  port: number,
  keys: KeyPair = aKeyPair(),
  pipe: 'pipe' | 'no pipe' = 'no pipe',
): Promise<string> {
  const period = thisHour()
  const endpoint = { host: '127.0.0.1', port }
  const record = {
    delegation: signDelegation(keys, { receiptKey: stack.secrets.receiptKeys.publicKey, ...period }),
    endpoints: [endpoint],
    feedUrl: stack.renderUrls[0] ?? '',
    postUrl: `${stack.routers[0]?.httpUrl}/v1/messages`,
    valueBytesMax: 900,
    pipeKey: pipe === 'pipe' ? pipeKeysOf(Buffer.from(stack.secrets.cluster, 'hex')).publicKey : undefined,
    sealKey: undefined,
    expires: period.until,
  }
  const item = signRecord(keys, record, BigInt(period.from))
  const bus = await connectTo(stack.natsUrl('admin'))
  const bucket = await new Kvm(bus).open(RECEIVERS_BUCKET)
  await bucket.put(entryName(item.key), encodeEntry({ item, policy: OPEN_POLICY, budget: BUDGET_DEFAULT }))
  await bus.close()
  const address = formatAddress({ receiver: keys.publicKey, endpoint, topic: '' })
  const direct = formatAddress({
    receiver: keys.publicKey,
    endpoint: { host: '127.0.0.1', port: stack.routers[0]?.udpPort ?? 0 },
    topic: '',
  })
  while (!(await resolve(direct).catch(() => undefined))); // until the router has seen the entry
  return address
}
