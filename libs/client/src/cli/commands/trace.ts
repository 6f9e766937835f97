import { answerOf, type Trace } from '../../api/feed-api.ts'
import { HttpFailure } from '../../failures.ts'
import { type Command, options, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { messageAt } from '../message-at.ts'
import { printableLine } from '../printable.ts'
import { traced } from '../traced.ts'

export const trace: Command = {
  name: 'trace',
  summary: 'what became of a message',
  help: `p2pmsg trace <message id | its URL> [--from URL] [--json]

Asks the feed's service what became of a message: each stage with its time, or the refusal and what to do about it. The service
is found by the record of P2PMSG_TO, or of "to" in config.json; --from goes there directly.

  --from URL  http://host:port
  --json      print the answer as it came

Exit codes: 0 stored, 1 refused, 5 nothing is known of it: it is on its way, a router turned it away, or it never was sent.`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      from: { type: 'string' },
      json: { type: 'boolean', default: false },
    })
    const [given] = positionals
    if (given === undefined || positionals.length > 1) throw new UsageError('trace wants one message id')
    const { api, id } = await messageAt(given, values.from, around)
    const asked = api.GET('/v1/messages/{id}/trace', { params: { path: { id } }, signal: around.signal })
    const told = await answerOf<Trace>(asked).catch((error: unknown) => {
      if (error instanceof HttpFailure && error.code === 'not-found') return error
      throw error
    })
    if (told instanceof HttpFailure) return unknown(id, told, values.json, around)
    around.say(values.json ? JSON.stringify(told) : traced(told))
    return told.stage === 'refused' ? EXIT.failed : EXIT.ok
  },
}

function unknown(id: string, { message }: HttpFailure, json: boolean, around: Surroundings): ExitCode {
  around.say(json ? JSON.stringify({ id, stage: 'unknown' }) : `message ${id}: nothing is known of it`)
  around.note(
    `${printableLine(message)} Whom a router turns away it tells, and keeps no list. Sending the same message again does no harm.`,
  )
  return EXIT.unknown
}
