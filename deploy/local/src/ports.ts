import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Trouble } from './trouble.ts'

const TRIES_MAX = 50
export type Protocol = 'tcp' | 'udp'
export type WantedPort = Readonly<{ what: string; protocol: Protocol; port: number; host?: string }>

/** Ports given out by this process: the kernel may offer one again before the server that it is for has bound it. */
const givenOut = new Set<number>()
const GIVEN_OUT_MAX = 4_096

/** A port that nobody holds. @param wanted a fixed port, or 0 for any */
export async function freePort(wanted = 0, protocol: Protocol = 'tcp'): Promise<number> {
  if (wanted !== 0) return wanted
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = await bindOnce({ what: 'a free port', protocol, port: 0 })
    if (givenOut.has(port)) continue
    if (givenOut.size >= GIVEN_OUT_MAX) givenOut.clear()
    givenOut.add(port)
    return port
  }
  throw new Trouble(`no free ${protocol} port after ${TRIES_MAX} tries`)
}

/** @throws {Trouble} naming every port that somebody else holds */
export async function requirePorts(wanted: readonly WantedPort[]): Promise<void> {
  const taken: string[] = []
  for (const one of wanted) {
    try {
      await bindOnce(one)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      const why = error.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${String(error.code)})`
      taken.push(`${one.protocol.toUpperCase()} port ${one.port} (${one.what}) ${why}`)
    }
  }
  if (taken.length > 0) throw new Trouble(taken.join('\n'), 69)
}

async function bindOnce({ protocol, port, host }: WantedPort): Promise<number> {
  if (protocol === 'udp') {
    const socket = createSocket(host?.includes(':') ? 'udp6' : 'udp4')
    socket.bind(port, host ?? '127.0.0.1')
    await once(socket, 'listening')
    const bound = socket.address().port
    socket.close()
    await once(socket, 'close')
    return bound
  }
  const server = createServer()
  server.listen(port, host ?? '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Trouble('a TCP server without a port')
  return address.port
}
