import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { UdpSpreader } from '../src/udp-spreader.ts'

/** A router that answers each datagram with its own name. */
async function aRouter(name: string): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => socket.send(`${name} ${bytes.toString()}`, from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** Sends texts one after the other, each when the one before was answered. */
async function asked(port: number, texts: readonly (string | Buffer)[], beforeLast?: () => void): Promise<string[]> {
  const socket = createSocket('udp4')
  const answers: string[] = []
  for (const text of texts) {
    if (answers.length === texts.length - 1) beforeLast?.()
    const answer = once(socket, 'message')
    socket.send(text, port, '127.0.0.1')
    answers.push(String(((await answer) as [Buffer])[0]))
  }
  socket.close()
  return answers
}

test('each datagram goes to the next router, and answers find their way back', async () => {
  const [a, b] = [await aRouter('a'), await aRouter('b')]
  await using spreader = await UdpSpreader.start(0, [a.address().port, b.address().port])
  expect(await asked(spreader.port, ['1', '2', '3'])).toEqual(['a 1', 'b 2', 'a 3'])
  expect(await Promise.all([asked(spreader.port, ['4']), asked(spreader.port, ['5'])])).toEqual([['b 4'], ['a 5']])
  a.close()
  b.close()
})

test('the pipes of a sender stay at one router until it is withdrawn', async () => {
  const [a, b] = [await aRouter('a'), await aRouter('b')]
  await using spreader = await UdpSpreader.start(0, [a.address().port, b.address().port])
  const frame = Buffer.of(0xfa)
  const whose = async (datagrams: readonly (string | Buffer)[]) =>
    (await asked(spreader.port, datagrams, () => spreader.withdraw(a.address().port))).map((text) => text[0])
  expect(await whose([frame, '1', frame, '2', frame])).toEqual(['a', 'b', 'a', 'a', 'b'])
  a.close()
  b.close()
})

test('a router that is withdrawn gets nothing more; it may come back', async () => {
  const [a, b] = [await aRouter('a'), await aRouter('b')]
  await using spreader = await UdpSpreader.start(0, [a.address().port, b.address().port])
  spreader.withdraw(a.address().port)
  expect(await asked(spreader.port, ['1', '2', '3'])).toEqual(['b 1', 'b 2', 'b 3'])
  spreader.add(a.address().port)
  expect(new Set((await asked(spreader.port, ['4', '5'])).map((text) => text[0]))).toEqual(new Set(['a', 'b']))
  a.close()
  b.close()
})

test('a dead router is noticed and passed over', async () => {
  const [a, b] = [await aRouter('a'), await aRouter('b')]
  const dead = a.address().port
  await using spreader = await UdpSpreader.start(0, [dead, b.address().port])
  a.close()
  await once(a, 'close')
  const socket = createSocket('udp4')
  const answers: string[] = []
  socket.on('message', (bytes) => answers.push(String(bytes)))
  // The first may be lost: nobody knows yet.
  for (let i = 0; answers.length < 5; i++) {
    socket.send(String(i), spreader.port, '127.0.0.1')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(new Set(answers.map((text) => text[0]))).toEqual(new Set(['b']))
  socket.close()
  b.close()
})
