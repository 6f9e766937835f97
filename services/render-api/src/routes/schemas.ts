import { Type } from 'typebox'
import { PROBLEM_CODES, PROBLEM_MEDIA_TYPE } from '../problem.ts'

export const ProblemJson = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum([...PROBLEM_CODES], {
      description: 'What programs go by; refusals of messages have the same over UDP. Later releases may add some.',
    }),
    retryable: Type.Boolean(),
    retry_after: Type.Optional(Type.Integer({ description: 'Seconds; as the Retry-After header.' })),
  },
  { $id: 'Problem', title: 'RFC 9457 problem' },
)

/** Headers of an answer, as OpenAPI describes them. */
type Headers = Readonly<Record<string, Readonly<{ type: 'string' | 'integer'; description: string }>>>

const CACHING: Headers = {
  'Cache-Control': { type: 'string', description: 'How long it may be kept without asking again (RFC 9111).' },
}
/** Of an answer that can be asked for again with If-None-Match. */
export const TAGGED: Headers = {
  ...CACHING,
  ETag: { type: 'string', description: 'Strong: changes with every byte, by Accept-Encoding too (RFC 9110 §8.8.3).' },
  Vary: { type: 'string', description: 'What else the answer depends on.' },
}
/** Of one page among several. */
export const LINKED: Headers = {
  ...TAGGED,
  Link: { type: 'string', description: '`next`, `prev`, `first` and `alternate` pages (RFC 8288).' },
}
const RETRY: Headers = {
  'Retry-After': { type: 'integer', description: 'Seconds until the same request may succeed (RFC 9110 §10.2.3).' },
}

/** What a client may send along to get 304. */
export const ConditionalHeaders = Type.Object({
  'if-none-match': Type.Optional(Type.String({ description: 'The ETag of what the client has already.' })),
})

/** A body of some media type, described for OpenAPI; routes write the bytes themselves. */
export function answer(description: string, mediaType: string, schema: object, headers = CACHING): object {
  return { description, headers, content: { [mediaType]: { schema } } }
}

/** A page for people. */
export function htmlPage(description: string, headers = TAGGED): object {
  return answer(description, 'text/html', Type.String(), headers)
}

export const NOT_MODIFIED = {
  description: 'As the tag in If-None-Match says: nothing has changed.',
  headers: TAGGED,
  type: 'null',
} as const

/** A receiver's key in hex has one address, in z-base-32. */
export const MOVED = {
  description: "The same by the receiver's key in z-base-32.",
  headers: { Location: { type: 'string', description: 'Where to ask instead.' } },
  type: 'null',
} as const

/** Whatever is asked, this may be the answer. */
const ANYWHERE = [429, 500, 503] as const
const DESCRIBED = {
  400: 'A parameter cannot be used.',
  404: 'There is no such thing here.',
  406: 'It is not offered in any of the formats asked for.',
  429: 'This client asks too often.',
  500: 'The service made a mistake.',
  501: 'The operator has switched search off.',
  503: 'The store does not answer now, or this process stops; try again.',
} as const

/** Problems, by status; those that may come of anything are always among them. */
export function problems(...statuses: readonly (keyof typeof DESCRIBED)[]): Record<string, object> {
  return failures(
    (description, headers) => answer(description, PROBLEM_MEDIA_TYPE, Type.Ref('Problem'), headers),
    statuses,
  )
}

/** The same as pages, where people come by. */
export function problemPages(...statuses: readonly (keyof typeof DESCRIBED)[]): Record<string, object> {
  return failures(htmlPage, statuses)
}

function failures(
  body: (description: string, headers: Headers) => object,
  statuses: readonly (keyof typeof DESCRIBED)[],
): Record<string, object> {
  const all = [...new Set([...statuses, ...ANYWHERE])]
  const headers = (status: number) => (status === 429 || status === 503 ? { ...CACHING, ...RETRY } : CACHING)
  return Object.fromEntries(all.map((status) => [status, body(DESCRIBED[status], headers(status))]))
}
