import { generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatRsaKeys, parseRsaKeys, type RsaKeys } from '@p2pmsg/protocol'

/** What the programs of 2011 used: their receivers take nothing longer. */
const MODULUS_BITS = 512

/**
 * Makes a key as the programs of 2011 did and writes it as they did, {"public": hex, "private": hex}, for its owner's eyes alone.
 * @throws {Error} `EEXIST` when the file is there
 */
export async function makeRsaKeyFile(file: string): Promise<RsaKeys> {
  const { n, d } = generateKeyPairSync('rsa', { modulusLength: MODULUS_BITS }).privateKey.export({ format: 'jwk' })
  const keys = { n: numberOf(n), d: numberOf(d) }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${formatRsaKeys(keys)}\n`, { mode: 0o600, flag: 'wx' })
  return keys
}

/** @returns undefined when there is no such file @throws {Error} when it holds something else */
export async function readRsaKeyFile(file: string): Promise<RsaKeys | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const keys = parseRsaKeys(text)
  if (!keys.ok) throw new TypeError(`${file} is no key file of 2011, {"public": hex, "private": hex}`)
  return keys.value
}

function numberOf(base64url: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(base64url ?? '', 'base64url').toString('hex')}`)
}
