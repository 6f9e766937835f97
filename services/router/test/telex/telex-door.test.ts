import { randomBytes } from 'node:crypto'
import {
  encodeTelex,
  identify,
  legacySignals,
  parseLegacyMessage,
  type RsaKeys,
  type UdpAddress,
} from '@p2pmsg/protocol'
import { describe, expect, test } from 'vitest'
import { TelexDoor } from '../../src/telex/telex-door.ts'
import { AnEdge, at } from '../support/an-edge.ts'
import { RSA_KEYS } from '../support/rsa-keys.ts'

const CLIENT = at('198.51.100.7', 34_344)
const SERVER = at('9.0.2.1', 12_345)

type Opened = Readonly<{
  edge: AnEdge
  signals: Uint8Array[]
  say: (text: string, from?: UdpAddress) => readonly unknown[]
}>

function open(given: { receiver?: Uint8Array | undefined; keys?: RsaKeys; perSecond?: number } = {}): Opened {
  const edge = new AnEdge()
  const signals: Uint8Array[] = []
  const receiver = 'receiver' in given ? given.receiver : edge.receiver.publicKey
  const legacy = { receiver, perSecond: given.perSecond ?? 50, dialsPerSecond: 2, keys: given.keys }
  const door = new TelexDoor({
    self: at('203.0.113.1', 42_424),
    clusterSecrets: [Buffer.alloc(16, 7)],
    random: randomBytes,
    legacy,
    provedPerSecond: 2_000,
    unprovedPerSecond: 20,
    intake: edge.parts.intake,
    onSignal: (telex) => signals.push(telex),
  })
  edge.parts.edge.speakTelex(door)
  const say = (text: string, from = CLIENT) =>
    edge.receive(encodeTelex({ hop: 1 }, legacySignals(text, RSA_KEYS)), from)
  return { edge, signals, say }
}

describe('a telex at the edge', () => {
  test('with a message goes to ingest as an envelope of the configured receiver, and its sender hears nothing', () => {
    const { edge, signals, say } = open()
    expect(say('hello from 2011')).toEqual([])
    expect(edge.pass(10)).toEqual([])
    const envelope = edge.published[0]?.pack.envelopes[0]
    expect(envelope?.dialect).toBe('telex')
    const message = parseLegacyMessage(envelope?.payload ?? new Uint8Array(0))
    expect(message.ok && message.value.text).toBe('hello from 2011')
    expect(message.ok && Buffer.from(message.value.receiver)).toEqual(Buffer.from(edge.receiver.publicKey))
    expect(signals).toHaveLength(1)
    // and whatever becomes of it, nothing is said about it
    const id = identify({
      dialect: 'telex',
      receivedMs: envelope?.receivedMs ?? 0,
      bytes: envelope?.payload ?? CLIENT.ip,
    })?.id
    edge.acknowledge()
    expect(edge.pass(2_000)).toEqual([])
    const packId = edge.published[0]?.id ?? { incarnation: CLIENT.ip, counter: 0 }
    const accepted = [{ packIndex: 0, id: id ?? CLIENT.ip, receipt: Buffer.alloc(10) }]
    expect(edge.parts.edge.verdicts({ packId, accepted, refused: [] }, edge.nowMs)).toEqual([])
    expect(edge.parts.edge.isIdle).toBe(true)
  })

  test('said twice at once is one message, said again later another', () => {
    const { edge, say } = open()
    say('hello')
    say('hello')
    edge.pass(2_100)
    say('hello')
    edge.pass(10)
    expect(edge.published.flatMap(({ pack }) => pack.envelopes)).toHaveLength(2)
  })

  test('is relayed and not kept without a receiver, with a key of the cluster, or where its receiver is not hosted', () => {
    for (const given of [{ receiver: undefined }, { keys: RSA_KEYS }, { receiver: Buffer.alloc(32, 1) }]) {
      const { edge, signals, say } = open(given)
      say('hello')
      edge.pass(10)
      expect(edge.published).toEqual([])
      expect(signals).toHaveLength(1)
    }
  })

  test('without a line is taken in at the configured rate', () => {
    const { edge, say } = open({ perSecond: 5 })
    for (let i = 0; i < 100; i++) say(`hello ${i}`, at(`10.0.${i}.1`))
    edge.pass(1_000)
    for (let i = 0; i < 100; i++) say(`hello ${i}`, at(`10.1.${i}.1`))
    edge.pass(10)
    expect(edge.published.flatMap(({ pack }) => pack.envelopes)).toHaveLength(10 + 5)
  })

  test('keeps its tappers alive by the edge’s own clock, beside the packs', () => {
    const { edge } = open()
    const [answer] = edge.receive(Buffer.from('{"+end":"38666817e1b38470644e004b9356c1622368fa57"}'), SERVER)
    const { _ring: ring } = JSON.parse(Buffer.from(answer?.bytes ?? []).toString()) as { _ring: number }
    edge.receive(Buffer.from(`{".tap":[{"has":["+key"]}],"_line":${ring}}`), SERVER)
    const kept = edge.pass(25_000)
    expect(kept.map(({ to }) => to.port)).toEqual([SERVER.port])
    expect(edge.published).toEqual([])
  })
})
