import { randomBytes } from 'node:crypto'
import { putReceiver } from '@p2pmsg/admin'
import type { Stack } from '@p2pmsg/local'
import {
  BUDGET_DEFAULT,
  type KeyPair,
  keyPairFromSeed,
  OPEN_POLICY,
  partitionOf,
  signDelegation,
  signRecord,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { connectBus, createLogger } from '@p2pmsg/runtime'

const YEAR_SECONDS = 366 * 24 * 3600
const CLOCK_SKEW_SECONDS = 300

/** Hosts one more receiver in each partition of a stack, in the partitions' order. @returns their keys */
export async function aReceiverPerPartition(stack: Stack, partitions: number): Promise<KeyPair[]> {
  await using bus = await connectBus({
    url: stack.natsUrl('admin'),
    service: 'admin',
    log: createLogger('admin', 'silent'),
  })
  const keys: KeyPair[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const receiver = keyPairIn(partition, partitions)
    const now = Math.floor(Date.now() / 1000)
    const until = now + YEAR_SECONDS
    const { publicKey: receiptKey } = stack.secrets.receiptKeys
    const delegation = signDelegation(receiver, { receiptKey, from: now - CLOCK_SKEW_SECONDS, until })
    const record = {
      delegation,
      endpoints: stack.routers.map(({ udpPort }) => ({ host: '127.0.0.1', port: udpPort })),
      feedUrl: stack.renderUrls[0],
      postUrl: undefined,
      valueBytesMax: VALUE_UDP_BYTES_MAX,
      pipeKey: undefined,
      sealKey: undefined,
      expires: until,
    }
    const item = signRecord(receiver, record, BigInt(now))
    await putReceiver(bus, { item, policy: OPEN_POLICY, budget: BUDGET_DEFAULT })
    keys.push(receiver)
  }
  return keys
}

function keyPairIn(partition: number, partitions: number): KeyPair {
  for (;;) {
    const keys = keyPairFromSeed(randomBytes(32))
    if (partitionOf(keys.publicKey, partitions) === partition) return keys
  }
}
