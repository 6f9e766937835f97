import { faulty, type Parsed, parsed } from '../parsed.ts'
import { MODULUS_BYTES, parseModulus, type RsaKeys, signRsa, verifyRsa } from './rsa-signature.ts'

const HEX_DIGITS_MAX = MODULUS_BYTES * 2
const HEX = /^[0-9a-f]+$/i
const PROBE = 'p2pmsg'

/**
 * A key file of 2011, `./keys`: {"public": hex n, "private": hex d}, as `client.js` and `server.js` share it.
 * @returns the pair, after one signature has shown that both belong together
 */
export function parseRsaKeys(text: string): Parsed<RsaKeys, 'bad-rsa-keys'> {
  try {
    const { public: key, private: secret } = JSON.parse(text) as Record<string, unknown>
    const n = typeof key === 'string' ? parseModulus(key) : undefined
    if (n === undefined || typeof secret !== 'string' || secret.length > HEX_DIGITS_MAX || !HEX.test(secret)) {
      return faulty('bad-rsa-keys')
    }
    const keys = { n, d: BigInt(`0x${secret}`) }
    return verifyRsa(PROBE, BigInt(`0x${signRsa(PROBE, keys)}`), n) ? parsed(keys) : faulty('bad-rsa-keys')
  } catch {
    return faulty('bad-rsa-keys')
  }
}

/** `./keys` of 2011: 128 hex digits of n, whatever its size. */
export function formatRsaKeys({ n, d }: RsaKeys): string {
  return JSON.stringify({ public: formatModulus(n), private: d.toString(16) })
}

export function formatModulus(n: bigint): string {
  return n.toString(16).padStart(HEX_DIGITS_MAX, '0')
}
