import {
  CLUSTER_SECRET_BYTES_MIN,
  type Endpoint,
  fromHex,
  KEY_BYTES,
  type KeyPair,
  keyPairFromSeed,
  PARTITIONS_DEFAULT,
  PARTITIONS_MAX,
  parseEndpoint,
} from '@p2pmsg/protocol'
import { Env } from '@p2pmsg/runtime'
import { STREAM_DEFAULTS } from './setup.ts'
import type { StreamOptions } from './streams.ts'

export type SetupConfig = Readonly<{
  natsUrl: string
  streams: Omit<StreamOptions, 'epoch'>
  /** JSON: what {@link parseWanted} reads; undefined leaves all receivers as they are. */
  receivers: string | undefined
  /** The mark of receivers that this configuration keeps. */
  manager: string
  /** Ingest's key, to sign delegations to it. */
  receiptKey: KeyPair | undefined
  /** The routers', the first first; for the pipe key of the records signed here. */
  clusterSecrets: readonly Uint8Array[]
  /** Where routers take messages, for the records signed here. */
  endpoints: readonly Endpoint[]
  feedUrl: string | undefined
  postUrl: string | undefined
  /** How long a record signed here is good for, seconds. */
  recordSeconds: number
  /** How long a bus that is not ready yet is waited for, milliseconds. */
  patienceMs: number
}>

const DAY_SECONDS = 86_400
const RECORD_DAYS = 1_830 // five years; each run signs anew
const RECORD_DAYS_MAX = 36_500
const PATIENCE_SECONDS = 300
const REPLICAS_MAX = 5 // JetStream's own limit
const BYTES_MIN = 1 << 20
/** Of the list of receivers in a file: ten thousand of the longest records, and lists of authors for some of them. */
const RECEIVERS_BYTES_MAX = 16 << 20

/** @throws {ConfigError} naming every variable that cannot be used */
export function readSetupConfig(values: NodeJS.ProcessEnv): SetupConfig {
  const env = new Env(values)
  const bytes = (name: string, fallback: number) =>
    env.int(name, { fallback, min: BYTES_MIN, max: Number.MAX_SAFE_INTEGER })
  return env.done({
    natsUrl: env.text('NATS_URL'),
    streams: {
      partitions: env.int('P2PMSG_PARTITIONS', { fallback: PARTITIONS_DEFAULT, min: 1, max: PARTITIONS_MAX }),
      replicas: env.int('P2PMSG_STREAM_REPLICAS', { fallback: STREAM_DEFAULTS.replicas, min: 1, max: REPLICAS_MAX }),
      edgeBytesMax: bytes('P2PMSG_EDGE_BYTES', STREAM_DEFAULTS.edgeBytesMax),
      messagesBytesMax: bytes('P2PMSG_MESSAGES_BYTES', STREAM_DEFAULTS.messagesBytesMax),
      refusedBytesMax: bytes('P2PMSG_REFUSED_BYTES', STREAM_DEFAULTS.refusedBytesMax),
    },
    receivers: env.document('P2PMSG_RECEIVERS', RECEIVERS_BYTES_MAX),
    manager: env.text('P2PMSG_MANAGER', 'setup'),
    receiptKey: readReceiptKey(env),
    clusterSecrets: env.hexList('P2PMSG_CLUSTER_SECRETS', { bytesMin: CLUSTER_SECRET_BYTES_MIN, fallback: [] }),
    endpoints: readEndpoints(env),
    feedUrl: readUrl(env, 'P2PMSG_FEED_URL'),
    postUrl: readUrl(env, 'P2PMSG_POST_URL'),
    recordSeconds: env.int('P2PMSG_RECORD_DAYS', { fallback: RECORD_DAYS, min: 1, max: RECORD_DAYS_MAX }) * DAY_SECONDS,
    patienceMs: env.int('P2PMSG_SETUP_SECONDS', { fallback: PATIENCE_SECONDS, min: 1, max: 3600 }) * 1000,
  })
}

function readReceiptKey(env: Env): KeyPair | undefined {
  const text = env.optional('P2PMSG_RECEIPT_KEY')
  if (text === undefined) return undefined
  const seed = fromHex(text, KEY_BYTES)
  if (!seed) env.problem('P2PMSG_RECEIPT_KEY', `must be ${KEY_BYTES} bytes in hex: a seed of Ed25519`)
  return seed && keyPairFromSeed(seed)
}

function readEndpoints(env: Env): readonly Endpoint[] {
  const endpoints = env.list('P2PMSG_ENDPOINTS', []).map(parseEndpoint)
  const known = endpoints.filter((endpoint) => endpoint !== undefined)
  if (known.length < endpoints.length) env.problem('P2PMSG_ENDPOINTS', 'must look like router.example.org:42424')
  return known
}

function readUrl(env: Env, name: string): string | undefined {
  const text = env.optional(name)
  const isUrl = text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
  if (!isUrl) env.problem(name, 'must be an http or https URL')
  return text
}
