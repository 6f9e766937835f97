import { keyFor } from './mac.ts'
import { type DhKeys, dhKeys } from './noise.ts'

/**
 * The pipe key of a cluster: all routers that share the secret have it, without having been told. The records of its receivers
 * carry the public half of the first secret's; routers answer to those of all, so that secrets can be rotated before records.
 */
export function pipeKeysOf(secret: Uint8Array): DhKeys {
  return dhKeys(keyFor('p2pmsg-pipe-key', secret))
}
