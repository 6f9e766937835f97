import { readFile } from 'node:fs/promises'
import {
  encodeItem,
  fromBase64Url,
  hostedRecord,
  openRecord,
  parseEndpoint,
  parseKey,
  parseRecordItem,
  RECORD_BYTES_MAX,
  RECORD_ENDPOINTS_MAX,
  sealKeyOf,
  toBase64Url,
} from '@p2pmsg/protocol'
import { NoRecord } from '../failures.ts'
import type { Resolved } from '../resolve.ts'
import { options, type Surroundings, wholeNumber } from './command.ts'
import { EXIT, UsageError } from './exit-code.ts'
import { readKeyFile } from './key-file.ts'
import { describeRecord } from './record-lines.ts'

const DAYS_DEFAULT = 366
const DAYS_MAX = 36_500
const DAY_SECONDS = 86_400
/** Key, salt, signature and the rest around a record of {@link RECORD_BYTES_MAX}, in base64url; more is none. */
const SIGNED_CHARACTERS_MAX = 4 * Math.ceil((RECORD_BYTES_MAX + 256) / 3)

/** `p2pmsg record sign`: prints the signed record as base64url. Nobody is asked. */
export async function signRecordHere(args: readonly string[], around: Surroundings): Promise<number> {
  const text = { type: 'string' } as const
  const { values, positionals } = options(args, {
    key: text,
    'receipt-key': text,
    'pipe-key': text,
    'seal-key': text,
    endpoint: { type: 'string', multiple: true },
    feed: text,
    post: text,
    days: text,
    json: { type: 'boolean' },
  })
  if (positionals.length > 0) throw new UsageError('record sign takes options alone')
  if (values.key === undefined) throw new UsageError("--key names the file with the receiver's key")
  const receiptKey = keyOf('receipt-key', values['receipt-key'])
  if (!receiptKey) throw new UsageError('--receipt-key is missing: whose receipts count?')
  const endpoints = (values.endpoint ?? []).flatMap((word) => parseEndpoint(word) ?? [])
  if (endpoints.length !== values.endpoint?.length || endpoints.length > RECORD_ENDPOINTS_MAX)
    throw new UsageError(`--endpoint is where a router takes messages, e.g. router.example.org:42424; 1 to 8 of them`)
  const days = wholeNumber('days', values.days ?? String(DAYS_DEFAULT), 1, DAYS_MAX)
  const opener = keyOf('seal-key', values['seal-key'])
  const sealKey = opener && sealKeyOf(opener)
  if (opener && !sealKey) throw new UsageError('--seal-key is no public key that anything could be sealed to')
  const draft = {
    receiptKey,
    sealKey,
    pipeKey: keyOf('pipe-key', values['pipe-key']),
    endpoints,
    feedUrl: urlOf('feed', values.feed),
    postUrl: urlOf('post', values.post),
    validSeconds: days * DAY_SECONDS,
  }
  const keys = await readKeyFile(values.key, around.note)
  const item = hostedRecord(keys, draft, Math.floor(Date.now() / 1000))
  const signed = toBase64Url(encodeItem(item))
  const shown = await readSignedRecord(signed)
  if (!shown) throw new UsageError(`the record is larger than ${RECORD_BYTES_MAX} bytes: give fewer or shorter URLs`)
  around.say(values.json ? JSON.stringify({ record: signed, ...describeRecord(shown) }) : signed)
  return EXIT.ok
}

/**
 * A record that was signed elsewhere: in base64url, or the name of a file that holds it.
 * @returns undefined when the word looks like neither @throws {NoRecord} when it is one whose signature is wrong
 */
export async function readSignedRecord(word: string): Promise<Resolved | undefined> {
  const item = itemIn(word) ?? itemIn(await readFile(word, 'utf8').catch(() => ''))
  if (!item) return undefined
  const record = openRecord(item)
  if (!record.ok) throw new NoRecord(`this is no record that its receiver signed (${record.fault})`)
  const address = { receiver: item.key, endpoint: undefined, topic: '' }
  return { address, record: record.value, item, from: undefined }
}

function itemIn(text: string) {
  const trimmed = text.trim()
  if (trimmed.length > SIGNED_CHARACTERS_MAX) return undefined
  const item = parseRecordItem(fromBase64Url(trimmed) ?? new Uint8Array(0))
  return item.ok ? item.value : undefined
}

function keyOf(name: string, text: string | undefined): Uint8Array | undefined {
  const key = text === undefined ? undefined : parseKey(text)
  if (text !== undefined && !key) throw new UsageError(`--${name} is a public key, in z-base-32 or hex`)
  return key
}

function urlOf(name: string, text: string | undefined): string | undefined {
  if (text !== undefined && !(/^https?:\/\//.test(text) && URL.canParse(text)))
    throw new UsageError(`--${name} is an http(s) URL`)
  return text
}
