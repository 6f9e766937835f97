import type { AddressKey } from './address-key.ts'

/** A timeout is never shorter, milliseconds: below it jitter alone would make us ask twice. */
const TIMEOUT_MS_MIN = 150
/** Nor longer, milliseconds. */
const TIMEOUT_MS_MAX = 1500
/** For a peer that we have not measured, milliseconds; shorter once the others are known to be near. */
const TIMEOUT_MS_NEW = 400
/** Peers whose round-trip time is remembered; whom we measured longest ago makes room. */
const PEERS_MAX = 4096
/** RFC 6298 §2: weights of a new sample. */
const [ALPHA, BETA, K] = [1 / 8, 1 / 4, 4]

type Estimate = { smoothedMs: number; variationMs: number }

/**
 * How long to wait for an answer: smoothed round-trip time plus four times its variation (RFC 6298), for each peer and for all
 * together. A lookup's time is mostly the time that it waits for those who do not answer; answers later than this still count.
 */
export class Timeouts {
  readonly #peers = new Map<AddressKey, Estimate>() // BOUNDED by PEERS_MAX
  #all: Estimate | undefined

  /** Milliseconds. */
  for(peer: AddressKey): number {
    const known = this.#peers.get(peer)
    if (known) return clamp(known)
    return this.#all ? Math.min(clamp(this.#all), TIMEOUT_MS_NEW) : TIMEOUT_MS_NEW
  }

  measured(peer: AddressKey, roundTripMs: number): void {
    const estimate = updated(this.#peers.get(peer), roundTripMs)
    this.#peers.delete(peer) // to the end: who stands first was measured longest ago
    if (this.#peers.size >= PEERS_MAX) this.#peers.delete(this.#peers.keys().next().value as AddressKey)
    this.#peers.set(peer, estimate)
    this.#all = updated(this.#all, roundTripMs)
  }
}

function updated(old: Estimate | undefined, sampleMs: number): Estimate {
  if (!old) return { smoothedMs: sampleMs, variationMs: sampleMs / 2 }
  old.variationMs += BETA * (Math.abs(sampleMs - old.smoothedMs) - old.variationMs)
  old.smoothedMs += ALPHA * (sampleMs - old.smoothedMs)
  return old
}

function clamp({ smoothedMs, variationMs }: Estimate): number {
  return Math.min(Math.max(smoothedMs + K * variationMs, TIMEOUT_MS_MIN), TIMEOUT_MS_MAX)
}
