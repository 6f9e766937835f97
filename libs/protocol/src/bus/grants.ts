import { QUERIES } from './queries.ts'
import {
  EDGE_STREAM,
  INGEST_CONSUMER,
  inboxPrefix,
  MESSAGES_STREAM,
  RECEIVERS_BUCKET,
  REFUSED_CONSUMER,
  REFUSED_STREAM,
  ROUTERS_BUCKET,
} from './streams.ts'
import {
  type BusUser,
  committed,
  dht,
  edge,
  messages,
  refused,
  signals,
  snapshots,
  snapshotWanted,
  storeQueries,
  verdicts,
} from './subjects.ts'

/** What a NATS user may publish to and subscribe to; `allowResponses` lets it answer requests wherever they ask for it. */
export type Grants = Readonly<{
  publish: readonly string[]
  subscribe: readonly string[]
  allowResponses: boolean
}>

/** Core NATS subjects, by who publishes and subscribes to them. */
const SUBJECTS = [
  { names: [edge.name], ...traffic(edge) },
  { names: [refused.name], ...traffic(refused) },
  { names: [messages.wildcard], ...traffic(messages) },
  { names: [verdicts.wildcard], ...traffic(verdicts) },
  { names: [committed.wildcard], ...traffic(committed) },
  { names: [signals.name], ...traffic(signals) },
  { names: [dht.name], ...traffic(dht) },
  { names: [snapshotWanted.name], ...traffic(snapshotWanted) },
  { names: [snapshots.wildcard], ...traffic(snapshots) },
  { names: QUERIES.map((query) => query.name), ...traffic(storeQueries) },
]

function traffic(subject: { publishers: readonly BusUser[]; subscribers: readonly BusUser[] }) {
  return { publishers: subject.publishers, subscribers: subject.subscribers }
}

/** The requests that a KV watch of the client makes with `checkAPI: false`. */
function kvWatch(bucket: string): string[] {
  return [`$JS.API.STREAM.INFO.KV_${bucket}`, `$JS.API.CONSUMER.CREATE.KV_${bucket}.>`, `$JS.FC.KV_${bucket}.>`]
}

/** The requests that a bounded pull from a durable consumer makes, and the acks in both of the server's forms. */
function pull(stream: string, consumer: string): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
    `$JS.ACK.${stream}.${consumer}.>`,
    `$JS.ACK.*.*.${stream}.${consumer}.>`,
  ]
}

/** JetStream and KV calls, by user: exactly what each service makes, no more. */
const API_CALLS: Record<Exclude<BusUser, 'admin'>, readonly string[]> = {
  router: [...kvWatch(RECEIVERS_BUCKET), ...kvWatch(ROUTERS_BUCKET), `$KV.${ROUTERS_BUCKET}.>`],
  ingest: [
    ...kvWatch(RECEIVERS_BUCKET),
    ...pull(EDGE_STREAM, INGEST_CONSUMER),
    `$JS.API.STREAM.INFO.${MESSAGES_STREAM}`,
    `$JS.API.STREAM.INFO.${EDGE_STREAM}`,
    `$JS.API.DIRECT.GET.${MESSAGES_STREAM}`,
    `$JS.API.DIRECT.GET.${MESSAGES_STREAM}.>`,
  ],
  store: [
    ...pull(REFUSED_STREAM, REFUSED_CONSUMER),
    `$JS.API.STREAM.INFO.${MESSAGES_STREAM}`,
    `$JS.API.STREAM.MSG.GET.${MESSAGES_STREAM}`,
    `$JS.API.CONSUMER.CREATE.${MESSAGES_STREAM}.>`,
    `$JS.API.CONSUMER.INFO.${MESSAGES_STREAM}.>`,
    `$JS.API.CONSUMER.DELETE.${MESSAGES_STREAM}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${MESSAGES_STREAM}.>`,
    `$JS.API.STREAM.PURGE.${MESSAGES_STREAM}`,
    `$JS.API.DIRECT.GET.${MESSAGES_STREAM}`,
    `$JS.API.DIRECT.GET.${MESSAGES_STREAM}.>`,
  ],
  // Reads what the streams promise, for /limits.
  'render-api': [
    ...kvWatch(RECEIVERS_BUCKET),
    `$JS.API.STREAM.INFO.${MESSAGES_STREAM}`,
    `$JS.API.STREAM.INFO.${EDGE_STREAM}`,
  ],
}

/** The grants of one NATS user, made from the subjects and API calls above; the local stack, the chart and the tests use these. */
export function grantsOf(user: BusUser): Grants {
  if (user === 'admin') return { publish: ['>'], subscribe: ['>'], allowResponses: false }
  const named = (role: 'publishers' | 'subscribers') =>
    SUBJECTS.filter((subject) => subject[role].includes(user)).flatMap((subject) => subject.names)
  return {
    publish: [...named('publishers'), ...API_CALLS[user]],
    subscribe: [...named('subscribers'), `${inboxPrefix(user)}.>`],
    allowResponses: storeQueries.subscribers.includes(user),
  }
}
