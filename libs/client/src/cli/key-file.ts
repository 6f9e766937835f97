import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromHex, type KeyPair, keyPairFromSeed, toHex } from '@p2pmsg/protocol'
import type { Surroundings } from './command.ts'
import { UsageError } from './exit-code.ts'
import { configFolder } from './settings.ts'

/** RFC 8032's private key, bytes; the file holds it as hex and a line feed. */
const SEED_BYTES = 32
const OTHERS = 0o077

/** Where the sender's key lives unless `--key` says otherwise. */
export function defaultKeyFile(env: Surroundings['env']): string {
  return join(configFolder(env), 'key')
}

/**
 * Makes a key and writes it for its owner's eyes alone (0600).
 * @throws {UsageError} when the file exists and `force` is not set
 */
export async function makeKeyFile(file: string, force = false): Promise<KeyPair> {
  const seed = randomBytes(SEED_BYTES)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // Written beside and put in place whole: neither a crash nor a second process ever meets half a key.
  const whole = `${file}.${process.pid}.new`
  try {
    const handle = await open(whole, 'w', 0o600)
    try {
      await handle.writeFile(`${toHex(seed)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    if (force) await rename(whole, file)
    else await link(whole, file) // unlike rename, it fails where there is a file
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new KeyExists(`${file} exists, and a key that is overwritten is lost for ever: --force overwrites it`)
  } finally {
    await rm(whole, { force: true })
  }
  return keyPairFromSeed(seed)
}

class KeyExists extends UsageError {}

/** @throws {UsageError} when the file cannot be read or holds no key */
export async function readKeyFile(file: string, note: Surroundings['note']): Promise<KeyPair> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new UsageError(`there is no key file ${file}: p2pmsg keygen --key ${file} makes one`)
    throw new UsageError(`cannot read the key file ${file}: ${error.message}`)
  })
  const seed = fromHex(text.trim(), SEED_BYTES)
  if (!seed) throw new UsageError(`${file} is no key file: it holds 64 hex digits and nothing else`)
  if (((await stat(file)).mode & OTHERS) !== 0) note(`warning: others may read ${file}; chmod 600 ${file}`)
  return keyPairFromSeed(seed)
}

/** The key that was named, which must be there; or the default one, made on first use. */
export async function senderKeys(named: string | undefined, around: Surroundings): Promise<KeyPair> {
  const file = named ?? defaultKeyFile(around.env)
  const isThere = await stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  if (named !== undefined || isThere) return readKeyFile(file, around.note)
  const keys = await makeKeyFile(file).catch((error: unknown) => {
    if (error instanceof KeyExists) return undefined // another process was quicker
    throw error
  })
  if (!keys) return readKeyFile(file, around.note)
  around.note(`made a key for you, ${file}: whoever has it writes in your name. Keep a copy`)
  return keys
}
