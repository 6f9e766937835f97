import { KademliaNode, type NodeOptions, Tokens } from '@p2pmsg/protocol'
import { Admission, type AdmissionOptions } from './edge/admission.ts'
import { Edge } from './edge/edge.ts'
import { Intake } from './edge/intake.ts'
import { Packer, type Publish } from './edge/packer.ts'
import { WaitingRoom } from './edge/waiting-room.ts'
import { KrpcDoor } from './node/krpc-door.ts'
import type { LiveRouters } from './node/live-routers.ts'
import { Pings } from './node/pings.ts'
import { PipeDoor } from './pipe/pipe-door.ts'
import type { Taps } from './pipe/taps.ts'
import type { Receivers } from './receivers.ts'

export type EdgeOptions = Readonly<{
  /** 8 random bytes, made when the process starts. */
  incarnation: Uint8Array
  /** Kademlia node id, 20 bytes. */
  nodeId: Uint8Array
  clusterSecrets: readonly Uint8Array[]
  /** Unpredictable bytes. */
  random: (bytes: number) => Uint8Array
  rates: AdmissionOptions
  /** Whether the node originates, in which families, and whom it tells of what strangers store. */
  node: Pick<NodeOptions, 'families' | 'responderOnly' | 'onStored' | 'random'>
  receivers: Receivers
  taps: Taps
  routers: LiveRouters
  publish: Publish
  /** Messages that may wait for their verdicts. */
  waitingMax: number
}>

export type AssembledEdge = Readonly<{
  edge: Edge
  node: KademliaNode
  admission: Admission
  intake: Intake
  packer: Packer
  pipes: PipeDoor
}>

/** The whole edge without I/O: what the router runs over a socket and the bus, and tests run over neither. */
export function assembleEdge(options: EdgeOptions, nowMs: number): AssembledEdge {
  const { nodeId, receivers, routers } = options
  const tokens = new Tokens(options.clusterSecrets)
  const pings = new Pings(tokens, nodeId)
  const admission = new Admission(tokens, options.rates, nowMs)
  const room = new WaitingRoom(options.waitingMax)
  const packer = new Packer(options.incarnation, options.publish)
  const intake = new Intake((key) => receivers.find(key), packer, room)
  const node = new KademliaNode({
    ...options.node,
    id: nodeId,
    tokens,
    nowMs,
    proofs: admission.proofs,
    itemOf: (target) => receivers.record(target),
    neighbours: (family, atMs) => routers.contacts(family, atMs),
    provingPing: (ip, atMs) => pings.make(ip, atMs),
  })
  const door = new KrpcDoor({ admission, node, pings, receivers, intake })
  const { clusterSecrets, random, taps } = options
  const pipes = new PipeDoor({ clusterSecrets, random, admission, intake, taps })
  return { edge: new Edge({ krpc: door, pipes, node }, packer, room), node, admission, intake, packer, pipes }
}
