import type { UdpAddress } from '../krpc/compact.ts'
import { type AddressKey, addressKey, prefixKey } from './address-key.ts'

/** Networks that must agree before we believe what they say of our address. */
const VOTES_MIN = 3
/** Addresses that are voted for; the first makes room. */
const CANDIDATES_MAX = 16
/** Voters counted for one address. */
const VOTERS_MAX = 64

type Ballot = { readonly address: UdpAddress; readonly voters: Set<AddressKey> }

/** Our address as others see it (BEP 42's `ip`), by vote over distinct networks. For information: an identity comes from configuration. */
export class ExternalAddress {
  readonly #ballots = new Map<AddressKey, Ballot>() // BOUNDED by CANDIDATES_MAX, each by VOTERS_MAX

  vote(address: UdpAddress, voter: UdpAddress): void {
    const key = addressKey(address)
    const ballot = this.#ballots.get(key) ?? { address, voters: new Set<AddressKey>() }
    if (!this.#ballots.has(key)) {
      if (this.#ballots.size >= CANDIDATES_MAX) this.#ballots.delete(this.#ballots.keys().next().value as AddressKey)
      this.#ballots.set(key, ballot)
    }
    if (ballot.voters.size < VOTERS_MAX) ballot.voters.add(prefixKey(voter.ip))
  }

  /** undefined until enough networks agree. */
  get believed(): UdpAddress | undefined {
    let best: Ballot | undefined
    for (const ballot of this.#ballots.values()) if (!best || ballot.voters.size > best.voters.size) best = ballot
    return best && best.voters.size >= VOTES_MIN ? best.address : undefined
  }
}
