import { availableParallelism } from 'node:os'
import { AGE_MS_MAX_DEFAULT, fromHex, KEY_BYTES, type KeyPair, keyPairFromSeed } from '@p2pmsg/protocol'
import { Env } from '@p2pmsg/runtime'

export type Config = Readonly<{
  /** `nats://user:password@host:port`, several separated by commas. */
  natsUrl: string
  /** Signs receipts; receivers delegate to it in their records. */
  receiptKey: KeyPair
  /** A message older than this at the edge is `too-old`, milliseconds. */
  maxAgeMs: number
  verifyThreads: number
  /** Where NATS tells whether it syncs each write; without it receipts say `volatile` unless streams have three replicas. */
  natsMonitorUrl: string | undefined
}>

const THREADS_MAX = 256
/** A century, seconds. */
const AGE_SECONDS_MAX = 3_155_760_000

/** @throws {ConfigError} with every problem */
export function readConfig(values: NodeJS.ProcessEnv): Config {
  const env = new Env(values)
  return env.done({
    natsUrl: env.text('NATS_URL'),
    receiptKey: readKey(env, 'P2PMSG_RECEIPT_KEY_FILE'),
    maxAgeMs: env.int('P2PMSG_MAX_AGE', { fallback: AGE_MS_MAX_DEFAULT / 1000, min: 1, max: AGE_SECONDS_MAX }) * 1000,
    verifyThreads: env.int('P2PMSG_VERIFY_THREADS', { fallback: availableParallelism(), min: 1, max: THREADS_MAX }),
    natsMonitorUrl: env.optional('P2PMSG_NATS_MONITOR_URL'),
  })
}

function readKey(env: Env, name: string): KeyPair {
  const text = env.file(name)
  const seed = fromHex(text, KEY_BYTES)
  if (text !== '' && !seed) env.problem(name, `must name a file with ${KEY_BYTES} bytes in hex: a seed of Ed25519`)
  return keyPairFromSeed(seed ?? new Uint8Array(KEY_BYTES))
}
