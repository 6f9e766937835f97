import createClient, { type Client, type Middleware } from 'openapi-fetch'
import { HttpFailure } from '../failures.ts'
import { boundedFetch, members, retryAfterMs } from '../http/bounded-fetch.ts'
import { faultOf } from './as-described.ts'
import type { components, paths } from './openapi.ts'

/** A feed's service as its OpenAPI document describes it: `api.GET('/v1/feeds/{receiver}', …)`. */
export type FeedApi = Client<paths, 'application/json'>

type Schemas = components['schemas']
/** One message as a feed shows it. All of it is the word of the feed; only the signed bytes of `SignedMessage` prove themselves. */
export type FeedMessage = Schemas['Message']
export type FeedPage = Schemas['Feed']
export type SignedFeedMessage = Schemas['SignedMessage']
export type Trace = Schemas['Trace']

/** An answer of the service that is not as described is a failure, not a value of the wrong type. */
const checked: Middleware = {
  async onResponse({ response, schemaPath, options }) {
    if (response.status !== 200 || options.parseAs !== 'json') return
    const value: unknown = await response.clone().json().catch(notJson(response))
    const fault = faultOf(schemaPath, value)
    if (fault === undefined) return
    throw new HttpFailure(`the answer is not what a feed's service gives: ${fault}`, 'not-as-described', {
      status: 200,
    })
  },
}

/** @param origin of the service: `http://host:port`, with what stands before `/v1` in its addresses */
export function feedApi(origin: string): FeedApi {
  const baseUrl = origin.replace(/\/+$/, '')
  const api = createClient<paths, 'application/json'>({
    baseUrl,
    fetch: boundedFetch,
    headers: { accept: 'application/json' },
  })
  api.use(checked)
  return api
}

type Asked<T> = Promise<Readonly<{ data?: T; error?: unknown; response: Response }>>

/** What was asked for. @throws {HttpFailure} with the service's own words and code when it refuses; or the signal's reason */
export async function answerOf<T>(asked: Asked<T>): Promise<NonNullable<T>> {
  const { data, error, response } = await asked
  if (data !== undefined && data !== null) return data
  throw refusalOf(response, error)
}

/** @param body the problem (RFC 9457), if it is one */
export function refusalOf(response: Response, body: unknown): HttpFailure {
  const { code, detail, title } = members(body)
  const { status } = response
  const words = textOf(detail) ?? textOf(title) ?? `HTTP ${status}`
  const given = textOf(code) ?? `http-${status}`
  return new HttpFailure(`the feed says: ${words}`, given, { status, retryAfterMs: retryAfterMs(response) })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function notJson({ status }: Response) {
  return () => {
    throw new HttpFailure('the answer is not JSON: is this a feed?', 'not-json', { status })
  }
}
