import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { parseIp, type UdpAddress } from '@p2pmsg/protocol'
import { expect, test } from 'vitest'
import { UdpSocket } from '../src/socket.ts'

const LOOPBACK = { 4: parseIp('127.0.0.1') as Uint8Array, 6: parseIp('::1') as Uint8Array }
const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((face) => face?.address === '::1')

type Received = { bytes: Uint8Array; from: UdpAddress }

/** A socket that keeps what it gets and can be waited on. */
async function aListener(
  host: string,
): Promise<{ socket: UdpSocket; next: () => Promise<Received>; errors: string[] }> {
  const received: Received[] = []
  const errors: string[] = []
  let wake = () => {}
  const socket = await UdpSocket.open({
    host,
    port: 0,
    onDatagram: (bytes, from) => {
      received.push({ bytes, from })
      wake()
    },
    onError: (code) => errors.push(code),
  })
  const next = async (): Promise<Received> => {
    for (;;) {
      const first = received.shift()
      if (first) return first
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  return { socket, next, errors }
}

test('a datagram arrives with its sender, who can be answered', async () => {
  const [a, b] = [await aListener('127.0.0.1'), await aListener('127.0.0.1')]
  await using _stack = stackOf(a.socket, b.socket)
  a.socket.send({ ip: LOOPBACK[4], port: b.socket.port }, Buffer.from('hello'))
  const { bytes, from } = await b.next()
  expect(Buffer.from(bytes).toString()).toBe('hello')
  expect(from).toEqual({ ip: LOOPBACK[4], port: a.socket.port })
  b.socket.send(from, Buffer.from('and back'))
  expect(Buffer.from((await a.next()).bytes).toString()).toBe('and back')
})

test.runIf(hasIpv6)('one port serves both families', async () => {
  const both = await aListener('')
  const [four, six] = [await aListener('127.0.0.1'), await aListener('::1')]
  await using _stack = stackOf(both.socket, four.socket, six.socket)
  four.socket.send({ ip: LOOPBACK[4], port: both.socket.port }, Buffer.from('4'))
  expect((await both.next()).from).toEqual({ ip: LOOPBACK[4], port: four.socket.port })
  six.socket.send({ ip: LOOPBACK[6], port: both.socket.port }, Buffer.from('6'))
  expect((await both.next()).from).toEqual({ ip: LOOPBACK[6], port: six.socket.port })
})

test('what cannot be sent is reported, never thrown', async () => {
  const { socket, errors } = await aListener('127.0.0.1')
  socket.send({ ip: LOOPBACK[6], port: 9 }, Buffer.from('no socket of that family'))
  socket.send({ ip: LOOPBACK[4], port: 0 }, Buffer.from('no such port'))
  socket.send({ ip: LOOPBACK[4], port: 9 }, Buffer.alloc(70_000))
  await socket[Symbol.asyncDispose]()
  socket.send({ ip: LOOPBACK[4], port: 9 }, Buffer.from('closed'))
  expect(errors).toEqual(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EMSGSIZE', 'CLOSED'])
})

test('a taken port fails the start, whichever family has it', async () => {
  const taken = createSocket('udp4')
  taken.bind(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address()
  const opening = UdpSocket.open({ host: '', port, onDatagram: () => undefined })
  await expect(opening).rejects.toMatchObject({ code: 'EADDRINUSE' })
  taken.close()
})

test('a name instead of an address is a clear error', async () => {
  const opening = UdpSocket.open({ host: 'localhost', port: 0, onDatagram: () => undefined })
  await expect(opening).rejects.toThrow('cannot listen on localhost: it is not an IP address')
})

function stackOf(...sockets: UdpSocket[]): AsyncDisposableStack {
  const stack = new AsyncDisposableStack()
  for (const socket of sockets) stack.use(socket)
  return stack
}
