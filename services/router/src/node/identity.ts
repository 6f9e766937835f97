import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { addressNodeId, type Endpoint, parseIp, sharedNodeId } from '@p2pmsg/protocol'
import type { Config } from '../config.ts'

/**
 * The node id: from configuration, never from what a stranger says. Replicas behind one address, which never originate, are one
 * node; a router that is a node of its own has an id that fits its address (BEP 42), the same at each start.
 * @throws the resolver's error when the advertised name has no address
 */
export async function nodeIdOf({ advertise, bootstrap, clusterSecrets }: Config): Promise<Uint8Array> {
  const secret = clusterSecrets[0] as Uint8Array
  if (bootstrap.length === 0) return sharedNodeId(secret)
  // Loopback and whatever port is free: a trial, with an address that is nobody's to keep.
  if (!advertise) return randomBytes(20)
  return addressNodeId(secret, { ip: await addressOf(advertise), port: advertise.port })
}

/** @throws the resolver's error */
async function addressOf({ host }: Endpoint): Promise<Uint8Array> {
  const ip = parseIp(host) ?? parseIp((await lookup(host)).address)
  if (!ip) throw new Error(`${host} has no address`)
  return ip
}
