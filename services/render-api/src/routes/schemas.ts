import { Type } from 'typebox'
import { PROBLEM_MEDIA_TYPE } from '../problem.ts'

export const ProblemJson = Type.Object(
  {
    type: Type.String({ format: 'uri-reference' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ description: 'What programs go by; the same list for UDP and HTTP.' }),
    retryable: Type.Boolean(),
    retry_after: Type.Optional(Type.Integer({ description: 'Seconds.' })),
  },
  { $id: 'Problem', title: 'RFC 9457 problem' },
)

/** A body of some media type, described for OpenAPI; routes write the bytes themselves. */
export function answer(description: string, mediaType: string, schema: object): object {
  return { description, content: { [mediaType]: { schema } } }
}

export const NOT_MODIFIED = {
  description: 'As the tag in If-None-Match says: nothing has changed.',
  type: 'null',
} as const

/** Problems, by status. */
export function problems(...statuses: readonly number[]): Record<string, object> {
  const described: Readonly<Record<number, string>> = {
    400: 'A parameter cannot be used.',
    404: 'There is no such thing here.',
    429: 'This client asks too often; Retry-After says when again.',
    501: 'The operator has switched search off.',
    503: 'The store does not answer now; try again.',
  }
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      answer(described[status] ?? 'A problem.', PROBLEM_MEDIA_TYPE, Type.Ref('Problem')),
    ]),
  )
}
