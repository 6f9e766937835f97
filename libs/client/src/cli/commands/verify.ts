import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { type Address, formatAddress, fromBase64Url, parseReceipt, toZBase32 } from '@p2pmsg/protocol'
import { answerOf } from '../../api/feed-api.ts'
import { checkMessage } from '../../check-message.ts'
import { type Check, checkReceipt } from '../../check-receipt.ts'
import { HttpFailure } from '../../failures.ts'
import { readAddress } from '../../reachable.ts'
import { type ReceiptSource, readReceiptSource, wordsOf } from '../../receipt-file.ts'
import { type Command, options, type Surroundings } from '../command.ts'
import { EXIT, type ExitCode, UsageError } from '../exit-code.ts'
import { messageAt, namesMessage } from '../message-at.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'check a receipt, offline; or a message of a feed',
  help: `p2pmsg verify <receipt file | base64url | -> [--to address] [--message FILE] [--json]
p2pmsg verify <message id | its URL> [--from URL] [--to address] [--json]

Holds a receipt against the receiver's key and asks nobody. Or asks a feed's service for the signed bytes of a message and holds
what it shows against them. Prints each check. Exit code 0 when all hold, else 1.

  --to ADDRESS    the receiver you meant; without it, the one that the file or the feed names, which you should compare yourself
  --message FILE  the signed message (bencode, or base64url of it): is the receipt for this one?
  --from URL      the service that is asked for the message; else that of P2PMSG_TO's record
  --json          print one object`,
  async run(args, around) {
    const { values, positionals } = options(args, {
      to: { type: 'string' },
      message: { type: 'string' },
      from: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [given] = positionals
    if (given === undefined || positionals.length > 1) throw new UsageError('verify wants one receipt, or one message')
    if (namesMessage(given)) return verifyMessage(given, values, around)
    if (values.from !== undefined) throw new UsageError('--from is asked for a message; a receipt needs nobody')
    const source = await readSource(given, around)
    const named = values.to ?? source.receiver
    if (named === undefined)
      throw new UsageError('a bare receipt does not say who gave it: name the receiver with --to')
    const address = readAddress(named)
    const message = values.message === undefined ? source.message : await readMessage(values.message)
    const checks = checkReceipt(source.receipt, address.receiver, message)
    const ok = checks.every((check) => check.ok === true)
    if (values.json) around.say(JSON.stringify({ ok, receiver: formatAddress(address), ...said(source), checks }))
    else print(checks, source, address, values.to !== undefined, around)
    return ok ? EXIT.ok : EXIT.failed
  },
}

type MessageValues = Readonly<{ to?: string | undefined; from?: string | undefined; json?: boolean | undefined }>

async function verifyMessage(given: string, values: MessageValues, around: Surroundings): Promise<ExitCode> {
  const meant = values.to === undefined ? undefined : toZBase32(readAddress(values.to).receiver)
  const { api, id } = await messageAt(given, values.from, around)
  const asked = api.GET('/v1/messages/{id}', { params: { path: { id } }, signal: around.signal })
  const signed = await answerOf(asked)
  if (signed.message === null) throw new HttpFailure('the message was removed: there is nothing to verify', 'removed')
  const checks = checkMessage(signed, id, meant ?? signed.receiver)
  const ok = checks.every((check) => check.ok === true)
  if (values.json) around.say(JSON.stringify({ ok, id, receiver: signed.receiver, author: signed.author, checks }))
  else {
    for (const check of checks) around.say(lineOf(check))
    around.say(ok ? `message ${id} is what its author signed` : 'this message proves nothing')
    if (ok && meant === undefined)
      around.note('the feed names this receiver itself: compare it with the one you meant, or give --to')
  }
  return ok ? EXIT.ok : EXIT.failed
}

async function readSource(given: string, around: Surroundings): Promise<ReceiptSource> {
  const content = given === '-' ? await readAll(around.stdin) : await fileOrItself(given)
  const source = readReceiptSource(content)
  if (!source)
    throw new UsageError(`${given === '-' ? 'standard input' : given} is neither a receipt file nor base64url`)
  return source
}

/** An argument that names no file may be the receipt itself. */
async function fileOrItself(given: string): Promise<string> {
  try {
    return await readFile(given, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if ((code === 'ENOENT' || code === 'ENAMETOOLONG') && readReceiptSource(given)) return given
    throw new UsageError(`cannot read ${given}: ${message}`)
  }
}

const BENCODED_DICT = 0x64

async function readMessage(file: string): Promise<Uint8Array> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new UsageError(`cannot read ${file}: ${error.message}`)
  })
  if (bytes[0] === BENCODED_DICT) return bytes
  const decoded = fromBase64Url(bytes.toString('latin1').trim())
  if (!decoded) throw new UsageError(`${file} holds neither a bencoded message nor base64url`)
  return decoded
}

function said(source: ReceiptSource): Partial<ReturnType<typeof wordsOf>> {
  const receipt = parseReceipt(source.receipt)
  return receipt.ok ? wordsOf(receipt.value) : {}
}

function lineOf({ what, ok, detail }: Check): string {
  const [mark, word] = ok ? ['✓', ''] : ok === false ? ['✗', 'NOT TRUE: '] : ['-', 'not checked: ']
  return `${mark} ${word}${what}  (${detail})`
}

function print(
  checks: readonly Check[],
  source: ReceiptSource,
  address: Address,
  meant: boolean,
  around: Surroundings,
) {
  for (const check of checks) around.say(lineOf(check))
  const { id, position, durability, time } = said(source)
  if (checks.every((check) => check.ok)) {
    around.say(`${formatAddress(address)} says: message ${id} stands at ${position} in the log, ${durability}, ${time}`)
    if (!meant) around.note('the file names this receiver itself: compare it with the one you meant, or give --to')
    if (!source.message) around.note('the message was not at hand: --message FILE checks that this receipt is for it')
  } else around.say('this receipt proves nothing')
}
