import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BUS_USERS, type BusUser, fromHex, type KeyPair, keyPairFromSeed } from '@p2pmsg/protocol'
import { Trouble } from './trouble.ts'

const SECRET_BYTES = 32

/** What a cluster must keep to itself, made once and kept in files that only their owner can read. */
export type Secrets = Readonly<{
  /** Hex; signs the tokens of the edge. */
  cluster: string
  /** The file that ingest reads: a seed of 32 bytes in hex. */
  receiptKeyFile: string
  receiptKeys: KeyPair
  /** The first receiver's own key. */
  receiverKeys: KeyPair
  /** Signs the first message. */
  senderKeys: KeyPair
  busPassword: (user: BusUser) => string
}>

/** Reads the secrets of a data folder, and makes those that are missing. */
export async function secretsIn(folder: string): Promise<Secrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const passwords = new Map<BusUser, string>()
  for (const user of BUS_USERS) passwords.set(user, await secret(join(folder, `nats-${user}.password`)))
  const receiptKeyFile = join(folder, 'receipt.key')
  return {
    cluster: await secret(join(folder, 'cluster.secret')),
    receiptKeyFile,
    receiptKeys: await keys(receiptKeyFile),
    receiverKeys: await keys(join(folder, 'receiver.key')),
    senderKeys: await keys(join(folder, 'sender.key')),
    busPassword: (user) => passwords.get(user) ?? '',
  }
}

/** 32 random bytes in hex, as they stand in the file. */
async function secret(file: string): Promise<string> {
  try {
    await writeFile(file, `${randomBytes(SECRET_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const text = (await readFile(file, 'utf8')).trim()
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new Trouble(
      `${file} does not hold 64 hex digits: put back the right file, or remove it to have a new one made`,
      78,
    )
  }
  return text
}

async function keys(file: string): Promise<KeyPair> {
  const seed = fromHex(await secret(file), SECRET_BYTES)
  if (!seed) throw new Error('checked above')
  return keyPairFromSeed(seed)
}
