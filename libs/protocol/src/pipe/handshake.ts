import { timingSafeEqual } from 'node:crypto'
import { concat, utf8 } from '../bytes/bytes.ts'
import { Reader } from '../bytes/reader.ts'
import { Writer } from '../bytes/writer.ts'
import { DATAGRAM_OUT_BYTES_MAX } from '../limits.ts'
import { faulty, type Parsed, parsed } from '../parsed.ts'
import { TAG_BYTES } from './aead.ts'
import { keyFor, mac } from './mac.ts'
import { DH_BYTES } from './noise.ts'
import { HELLO, MAC_BYTES, PIPE_ID_BYTES, WELCOME } from './sizes.ts'

/**
 * The client's first datagram, 1200 bytes, so that whatever answers it is shorter:
 *   type     u8        0xf8
 *   version  u8        1
 *   id       8 bytes   the client's end of the pipe; other in each handshake
 *   cookie   16 bytes  zeros, or what a cookie reply gave
 *   noise    48 bytes  NK's first message with an empty payload; prologue "p2pmsg-pipe-v1" ‖ id
 *   padding  zeros
 *   mac1     16 bytes  keyed BLAKE2b over all before, see {@link helloKey}
 */
export type Hello = Readonly<{ id: Uint8Array; cookie: Uint8Array; noise: Uint8Array }>

export const HELLO_BYTES = DATAGRAM_OUT_BYTES_MAX
const VERSION = 1
const HELLO_NOISE_BYTES = DH_BYTES + TAG_BYTES
const MAC1_AT = HELLO_BYTES - MAC_BYTES
/** In place of a cookie by those who have none. */
export const NO_COOKIE: Uint8Array = new Uint8Array(MAC_BYTES)
const PROLOGUE = utf8('p2pmsg-pipe-v1')

export function prologueOf(clientId: Uint8Array): Uint8Array {
  return concat([PROLOGUE, clientId])
}

/** The key of mac1: HKDF-SHA-256(pipe key, "p2pmsg-pipe-mac1"). The pipe key is public; this keeps out those who do not know it. */
export function helloKey(pipeKey: Uint8Array): Uint8Array {
  return keyFor('p2pmsg-pipe-mac1', pipeKey)
}

export function encodeHello(hello: Hello, key: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(HELLO_BYTES)
  bytes.set(new Writer(128).u8(HELLO).u8(VERSION).bytes(hello.id).bytes(hello.cookie).bytes(hello.noise).done())
  bytes.set(mac(key, bytes.subarray(0, MAC1_AT)), MAC1_AT)
  return bytes
}

export type HelloFault = 'bad-length' | 'bad-version' | 'bad-mac'

/** A hello, and which of our keys its mac1 was made with. */
export type HeardHello = Hello & Readonly<{ key: number }>

/** What a hello says, once mac1 fits under one of the keys: until then nothing in it costs more than that. */
export function parseHello(bytes: Uint8Array, keys: readonly Uint8Array[]): Parsed<HeardHello, HelloFault> {
  if (bytes.length !== HELLO_BYTES) return faulty('bad-length')
  if (bytes[1] !== VERSION) return faulty('bad-version')
  const [covered, mac1] = [bytes.subarray(0, MAC1_AT), bytes.subarray(MAC1_AT)]
  const key = keys.findIndex((each) => timingSafeEqual(mac(each, covered), mac1))
  if (key < 0) return faulty('bad-mac')
  const reader = new Reader(bytes.subarray(2))
  const id = reader.bytes(PIPE_ID_BYTES)
  return parsed({ id, cookie: reader.bytes(MAC_BYTES), noise: reader.bytes(HELLO_NOISE_BYTES), key })
}

/**
 * The router's answer:
 *   type   u8       0xf9
 *   kind   u8       1 welcome, 2 cookie
 *   id     8 bytes  the client's
 *   noise  74 bytes (1) NK's second message; its payload is a {@link Welcome}
 *   cookie 16 bytes (2) to be sent back in the same hello
 */
export type HelloReply = Readonly<{ id: Uint8Array }> &
  (Readonly<{ kind: 'welcome'; noise: Uint8Array }> | Readonly<{ kind: 'cookie'; cookie: Uint8Array }>)

/**
 * What the router tells the client in secret. Big-endian:
 *   id      8 bytes   the router's end of the pipe
 *   reset   16 bytes  a RESET with this ends the pipe
 *   idle    u16       the router forgets a pipe that was silent for so long, seconds
 */
export type Welcome = Readonly<{ id: Uint8Array; resetToken: Uint8Array; idleSeconds: number }>

const [KIND_WELCOME, KIND_COOKIE] = [1, 2] as const
const WELCOME_PAYLOAD_BYTES = PIPE_ID_BYTES + MAC_BYTES + 2
const WELCOME_NOISE_BYTES = DH_BYTES + WELCOME_PAYLOAD_BYTES + TAG_BYTES

export function encodeHelloReply(reply: HelloReply): Uint8Array {
  const writer = new Writer(96).u8(WELCOME)
  if (reply.kind === 'welcome') return writer.u8(KIND_WELCOME).bytes(reply.id).bytes(reply.noise).done()
  return writer.u8(KIND_COOKIE).bytes(reply.id).bytes(reply.cookie).done()
}

export function parseHelloReply(bytes: Uint8Array): Parsed<HelloReply, 'bad-reply'> {
  const reader = new Reader(bytes.subarray(1))
  const kind = reader.u8()
  const id = reader.bytes(PIPE_ID_BYTES)
  const reply: HelloReply | undefined =
    kind === KIND_WELCOME
      ? { kind: 'welcome', id, noise: reader.bytes(WELCOME_NOISE_BYTES) }
      : kind === KIND_COOKIE
        ? { kind: 'cookie', id, cookie: reader.bytes(MAC_BYTES) }
        : undefined
  return reply && reader.complete ? parsed(reply) : faulty('bad-reply')
}

export function encodeWelcome(welcome: Welcome): Uint8Array {
  return new Writer(WELCOME_PAYLOAD_BYTES).bytes(welcome.id).bytes(welcome.resetToken).u16(welcome.idleSeconds).done()
}

export function parseWelcome(bytes: Uint8Array): Parsed<Welcome, 'bad-welcome'> {
  const reader = new Reader(bytes)
  const welcome = { id: reader.bytes(PIPE_ID_BYTES), resetToken: reader.bytes(MAC_BYTES), idleSeconds: reader.u16() }
  return reader.complete ? parsed(welcome) : faulty('bad-welcome')
}
