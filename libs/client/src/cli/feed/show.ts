import { answerOf, type FeedMessage } from '../../api/feed-api.ts'
import { patiently } from '../../api/patiently.ts'
import { checkMessage } from '../../check-message.ts'
import { NotTrue } from '../../failures.ts'
import type { Surroundings } from '../command.ts'
import type { Opener } from '../opener.ts'
import { prettyMessage } from '../pretty-message.ts'
import type { Feed } from './find.ts'

export type ShowOptions = Readonly<{
  json: boolean
  /** Ask for the signed bytes and hold what is shown against them. */
  verify: boolean
  /** Shows what stands under seals. */
  opener: Opener | undefined
}>

/** Prints one message, and waits for a reader who is slower than the feed. @throws {NotTrue} with `verify` */
export async function show(
  feed: Feed,
  message: FeedMessage,
  options: ShowOptions,
  around: Surroundings,
): Promise<void> {
  const verified = options.verify && (await verify(feed, message, around.signal))
  const shown = options.opener?.open(message) ?? message
  const marked = options.verify ? { ...shown, verified } : shown
  around.say(options.json ? JSON.stringify(marked) : `${verified ? '✓ ' : ''}${prettyMessage(shown)}`)
  await around.said()
}

/** @returns false: it was removed, and there is nothing left to verify @throws {NotTrue} */
async function verify({ api, receiver }: Feed, message: FeedMessage, signal: AbortSignal): Promise<boolean> {
  const { id, removed } = message
  if (removed) return false
  const ask = () => answerOf(api.GET('/v1/messages/{id}', { params: { path: { id } }, signal }))
  const signed = await patiently(ask, signal)
  if (signed.removed) return false // meanwhile
  const shown = { ...message, message: signed.message, receiver: signed.receiver }
  const failed = checkMessage(shown, id, receiver).find(({ ok }) => !ok)
  if (failed) throw new NotTrue(`message ${id}: it is not true that ${failed.what} (${failed.detail})`)
  return true
}
