import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort, requirePorts } from '../src/ports.ts'

test('free ports differ from each other, and a fixed one is taken as it is', async () => {
  const ports = [await freePort(), await freePort(0), await freePort(0, 'udp')]
  expect(new Set(ports).size).toBe(3)
  await requirePorts(ports.map((port) => ({ what: 'a test', protocol: 'tcp', port })))
  expect(await freePort(1234)).toBe(1234)
})

test('every port that is taken is named, with what it was wanted for', async () => {
  // given one TCP and one UDP port that somebody holds
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const tcp = typeof address === 'object' && address ? address.port : 0
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const udp = socket.address().port
  // when both are wanted
  const wanted = requirePorts([
    { what: 'the feed', protocol: 'tcp', port: tcp },
    { what: 'messages', protocol: 'udp', port: udp },
  ])
  // then both are in the message
  await expect(wanted).rejects.toThrow(
    `TCP port ${tcp} (the feed) is taken by another program\nUDP port ${udp} (messages) is taken by another program`,
  )
  server.close()
  socket.close()
})
