import type { LiveFilter } from '../../live/connect.ts'
import { type FollowEvent, followFeed } from '../../live/follow-feed.ts'
import type { Surroundings } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { printableLine } from '../printable.ts'
import type { Feed } from './find.ts'
import { pageOf } from './list.ts'
import { type ShowOptions, show } from './show.ts'
import { StateFile } from './state.ts'

export type FollowOptions = ShowOptions &
  Readonly<{
    filter: LiveFilter
    /** Go on behind this cursor; undefined = begin with the newest messages. */
    after: string | undefined
    /** How many of the newest messages come first where no cursor is given. */
    newest: number
    /** Go on where this file says, and keep it up to date. */
    state: string | undefined
  }>

/** Prints a feed as it grows, until Ctrl-C or its end. */
export async function follow(feed: Feed, options: FollowOptions, around: Surroundings): Promise<ExitCode> {
  const { filter, after, newest } = options
  await using state =
    options.state === undefined
      ? undefined
      : await StateFile.open(options.state, { receiver: feed.receiver, ...filter })
  let cursor = state?.cursor ?? after
  try {
    cursor ??= await showNewest(feed, filter, newest, options, around)
    if (cursor !== undefined) await state?.read(cursor)
    for await (const event of followFeed({ ...feed, filter, cursor, signal: around.signal })) {
      if (event.kind === 'message') await show(feed, event.message, options, around)
      else tell(event, options.json, around)
      cursor = event.cursor
      if (cursor !== undefined) await state?.read(cursor)
      if (event.kind === 'gone') return EXIT.failed
    }
  } catch (error) {
    if (!around.signal.aborted) throw error
  }
  if (!state && cursor !== undefined) around.note(`to go on from here: --after ${cursor}`)
  return EXIT.interrupted
}

/** The newest messages, oldest first. @returns the cursor behind them */
async function showNewest(
  feed: Feed,
  filter: LiveFilter,
  newest: number,
  options: ShowOptions,
  around: Surroundings,
): Promise<string | undefined> {
  if (newest === 0) return undefined
  const { messages, resume } = await pageOf(feed, { ...filter, limit: newest }, around.signal)
  for (const message of messages.toReversed()) await show(feed, message, options, around)
  return resume ?? undefined
}

/** What a person should know. Programs get what changes their picture of the feed as a line of its own. */
function tell(event: Exclude<FollowEvent, { kind: 'message' }>, json: boolean, around: Surroundings): void {
  const { kind, cursor } = event
  if (json && (kind === 'gap' || kind === 'gone')) around.say(JSON.stringify({ event: kind, cursor }))
  switch (kind) {
    case 'gap':
      return around.note(
        'gap: the cursor is of another log. Everything follows from the oldest message on; throw away what was read before, or leave out the ids that you have',
      )
    case 'gone':
      return around.note('gone: this feed is no longer hosted there. Ask the receiver for its new address')
    case 'slow':
      return around.note(
        'slow: what is read here is not taken fast enough, so the service hung up. Going on; nothing is lost',
      )
    case 'lost':
      return around.note(`${printableLine(event.why)}; trying again in ${(event.waitMs / 1000).toFixed(1)} s`)
    case 'drain':
    case 'following':
  }
}
