import { generateKeyPairSync } from 'node:crypto'
import type { RsaKeys } from '@p2pmsg/protocol'

function freshKeys(): RsaKeys {
  const { n, d } = generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey.export({ format: 'jwk' })
  const number = (text = '') => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`)
  return { n: number(n), d: number(d) }
}

/** A key as the programs of 2011 make them. */
export const RSA_KEYS: RsaKeys = freshKeys()
