import { readFileSync } from 'node:fs'
import { type EntryDraft, entryName, type KeyPair, pipeKeysOf } from '@p2pmsg/protocol'
import { type Bus, backoffMs, ConfigError, connectBus, Failure, type Logger, sleep } from '@p2pmsg/runtime'
import { hostedReceiver } from './hosted-receiver.ts'
import { listReceivers, putReceiver, removeReceiver } from './receivers.ts'
import { setUp } from './setup.ts'
import type { SetupConfig } from './setup-config.ts'
import { entryOf, parseWanted } from './wanted-receivers.ts'

export type SetUpCluster = Readonly<{ hosted: number; removed: number }>

/** Between two tries on a bus that is not ready yet, at most, milliseconds. */
const TRY_LAST_MS = 5_000
const NEEDED_TO_SIGN = 'P2PMSG_RECEIPT_KEY, P2PMSG_CLUSTER_SECRETS and P2PMSG_ENDPOINTS'

/**
 * Makes a cluster what its configuration says: streams, consumers, buckets, and the receivers that the configuration keeps.
 * Receivers that were added by hand or by another manager are left alone. Safe to run again and by several at once.
 * @throws {ConfigError} @throws {BusUnfit} @throws the last failure of a bus that was not ready in time
 */
export async function setUpCluster(config: SetupConfig, log: Logger): Promise<SetUpCluster> {
  const wanted = config.receivers === undefined ? undefined : entriesOf(config, config.receivers)
  await using bus = await connectBus({ url: config.natsUrl, service: 'admin', log })
  return await patiently(config.patienceMs, log, async () => {
    await setUp(bus, config.streams)
    return wanted ? host(bus, wanted, config.manager) : { hosted: 0, removed: 0 }
  })
}

function entriesOf(config: SetupConfig, receivers: string): EntryDraft[] {
  const now = Math.floor(Date.now() / 1000)
  const sign = (receiverKeys: KeyPair): EntryDraft => {
    const { clusterSecrets, endpoints, feedUrl, postUrl, recordSeconds: validSeconds } = config
    const [receiptKey, first] = [config.receiptKey?.publicKey, clusterSecrets[0]]
    if (!receiptKey || !first || endpoints.length === 0)
      throw new ConfigError(`${NEEDED_TO_SIGN} are required to sign the record of a receiver`)
    const pipeKey = pipeKeysOf(first).publicKey
    return hostedReceiver(receiverKeys, { receiptKey, pipeKey, endpoints, feedUrl, postUrl, validSeconds }, now)
  }
  return parseWanted(receivers, (path) => readFileSync(path, 'utf8')).map((one) => entryOf(one, config.manager, sign))
}

async function host(bus: Bus, wanted: readonly EntryDraft[], manager: string): Promise<SetUpCluster> {
  for (const entry of wanted) await putReceiver(bus, entry)
  const names = new Set(wanted.map((entry) => entryName(entry.item.key)))
  const gone = (await listReceivers(bus)).filter(
    ({ name, entry }) => entry.ok && entry.value.managedBy === manager && !names.has(name),
  )
  for (const { entry } of gone) if (entry.ok) await removeReceiver(bus, entry.value.key)
  return { hosted: wanted.length, removed: gone.length }
}

/** A cluster that has just started has no JetStream leader yet; what waiting cannot mend is not waited for. */
async function patiently<T>(patienceMs: number, log: Logger, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + patienceMs
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (thrown) {
      if ((thrown instanceof Failure && thrown.retry === 'never') || Date.now() > until) throw thrown
      log.warn({ err: thrown, attempt }, 'the bus is not ready yet')
      await sleep(backoffMs(attempt, TRY_LAST_MS))
    }
  }
}
