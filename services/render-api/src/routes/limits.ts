import {
  AGE_MS_MAX_DEFAULT,
  ARCHIVE_ROWS,
  COUNT_MAX,
  DATAGRAM_IN_BYTES_MAX,
  DURABILITY_CLASSES,
  type DurabilityClass,
  FUTURE_MS_MAX,
  MESSAGE_HTTP_BYTES_MAX,
  PAGE_ROWS_MAX,
  REFUSAL_CODES,
  TOPIC_BYTES_MAX,
  toZBase32,
  VALUE_HTTP_BYTES_MAX,
  VALUE_UDP_BYTES_MAX,
} from '@p2pmsg/protocol'
import { Type } from 'typebox'
import type { Context } from '../context.ts'
import { LIMIT_DEFAULT, SEARCH_CHARACTERS_MAX } from '../feed/question.ts'
import { BURST_SECONDS, LIVE_PER_CLIENT_MAX } from '../http/client-limits.ts'
import { SLOW_MS_MAX } from '../live/follower.ts'
import { BEAT_MS, FOLLOWERS_MAX } from '../live/hub.ts'
import { EXPORTS_MAX } from './export.ts'
import type { App } from './route.ts'
import { answer, problems } from './schemas.ts'
import { SHORT } from './system.ts'

/** Everything that a client may run into, told before it does. */
export function limitRoutes(app: App, context: Context): void {
  app.get(
    '/limits',
    {
      schema: {
        operationId: 'readLimits',
        summary: 'What senders and readers may ask for',
        tags: ['service'],
        response: { 200: answer('The limits.', 'application/json', Limits), ...problems() },
      },
    },
    (_request, reply) => {
      const { defaultReceiver, receivers, clientRate, durability } = context
      const budget = defaultReceiver && receivers.get(defaultReceiver)?.budget
      reply.header('cache-control', SHORT)
      return {
        ...FIXED,
        durability: durability(),
        default_receiver: defaultReceiver ? toZBase32(defaultReceiver) : null,
        default_receiver_messages_per_second_max: budget?.perSecond ?? null,
        default_receiver_messages_burst_max: budget?.burst ?? null,
        requests_per_second_max: clientRate,
        requests_burst_max: clientRate * BURST_SECONDS,
      }
    },
  )
}

const CLIENT = 'Of one client: an IPv4 address, or the /56 of an IPv6 address.'

const Limits = Type.Object({
  durability: Type.Unsafe<DurabilityClass>({
    type: 'string',
    enum: DURABILITY_CLASSES,
    description: 'What a receipt of now says of the log: synced = each write, replicated = three copies or more.',
  }),
  value_udp_bytes_max: Type.Integer(),
  value_http_bytes_max: Type.Integer(),
  message_http_bytes_max: Type.Integer(),
  datagram_bytes_max: Type.Integer(),
  topic_bytes_max: Type.Integer(),
  clock_ahead_seconds_max: Type.Integer(),
  age_seconds_max_default: Type.Integer({ description: 'Unless the operator has set another.' }),
  default_receiver: Type.Union([Type.String(), Type.Null()]),
  default_receiver_messages_per_second_max: Type.Union([Type.Number(), Type.Null()], {
    description: 'What the default receiver takes in from all senders together, at each router.',
  }),
  default_receiver_messages_burst_max: Type.Union([Type.Number(), Type.Null()]),
  page_messages_default: Type.Integer(),
  page_messages_max: Type.Integer(),
  archive_messages_max: Type.Integer(),
  count_filtered_max: Type.Integer({ description: 'Messages that a filter leaves are counted up to this.' }),
  search_characters_max: Type.Integer(),
  requests_per_second_max: Type.Integer({ description: CLIENT }),
  requests_burst_max: Type.Integer({ description: CLIENT }),
  live_feeds_per_client_max: Type.Integer({ description: CLIENT }),
  live_readers_max: Type.Integer({ description: 'Of one replica.' }),
  live_heartbeat_seconds: Type.Integer({ description: 'A live feed on which nothing comes for much longer is dead.' }),
  live_slow_seconds_max: Type.Integer({ description: 'A live reader that takes nothing for longer is sent away.' }),
  exports_max: Type.Integer({ description: 'At once, of one replica.' }),
  refusal_codes: Type.Array(Type.String()),
})

const FIXED = {
  value_udp_bytes_max: VALUE_UDP_BYTES_MAX,
  value_http_bytes_max: VALUE_HTTP_BYTES_MAX,
  message_http_bytes_max: MESSAGE_HTTP_BYTES_MAX,
  datagram_bytes_max: DATAGRAM_IN_BYTES_MAX,
  topic_bytes_max: TOPIC_BYTES_MAX,
  clock_ahead_seconds_max: FUTURE_MS_MAX / 1000,
  age_seconds_max_default: AGE_MS_MAX_DEFAULT / 1000,
  page_messages_default: LIMIT_DEFAULT,
  page_messages_max: PAGE_ROWS_MAX,
  archive_messages_max: ARCHIVE_ROWS,
  count_filtered_max: COUNT_MAX,
  search_characters_max: SEARCH_CHARACTERS_MAX,
  live_feeds_per_client_max: LIVE_PER_CLIENT_MAX,
  live_readers_max: FOLLOWERS_MAX,
  live_heartbeat_seconds: BEAT_MS / 1000,
  live_slow_seconds_max: SLOW_MS_MAX / 1000,
  exports_max: EXPORTS_MAX,
  refusal_codes: [...REFUSAL_CODES],
}
