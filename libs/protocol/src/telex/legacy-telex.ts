import { formatModulus } from './rsa-keys.ts'
import { type RsaKeys, signRsa } from './rsa-signature.ts'

/** Where the programs of February 2011 send their messages: no receiver's address, and what was hashed for it is not known. */
export const LEGACY_END = '8bf1cce916417d16b7554135b6b075fb16dd26ce'

/** A message signed as in 2011: the members that {@link encodeTelex} takes as signals. */
export function legacySignals(text: string, keys: RsaKeys): string {
  const signals = { '+key': formatModulus(keys.n), '+end': LEGACY_END, '+sig': signRsa(text, keys), '+message': text }
  return JSON.stringify(signals).slice(1, -1)
}
