// The servers that `npm start` and the tests run: real processes, which after a SIGKILL still have what they acknowledged.
import { stat } from 'node:fs/promises'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { busUsers, NatsServer } from '@p2pmsg/local'
import { connect } from 'nats'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { connectTo } from '../support/bus.ts'
import { aDatabase, aNatsServer, aPostgres } from '../support/servers.ts'

test('an acknowledged message is there after the server was killed and started again on the same port', async () => {
  // given a server of our own with one stored message
  await using nats = await aNatsServer({ users: [{ user: 'test', password: 'secret' }], ownProcess: true })
  const { server } = nats
  if (!server) throw new Error('a process of our own was asked for')
  const before = await connectTo(nats.url())
  await (await jetstreamManager(before)).streams.add({ name: 'KEPT', subjects: ['kept'] })
  await jetstream(before).publish('kept', 'still here')
  await before.close()
  const { pid } = server
  // when it is killed and started again
  await server.kill()
  await server.restart()
  // then another process on the same address has the message
  expect(server.pid).not.toBe(pid)
  const after = await connectTo(nats.url())
  const stored = await (await jetstreamManager(after)).streams.getMessage('KEPT', { seq: 1 })
  expect(stored?.string()).toBe('still here')
  await after.close()
})

test('streams are synced before each acknowledgement, and the configuration with the passwords is private', async () => {
  await using nats = await aNatsServer({ users: [{ user: 'test', password: 'secret' }], ownProcess: true })
  const { server } = nats
  if (!server) throw new Error('a process of our own was asked for')
  const varz: unknown = await (await fetch(`${server.monitorUrl}/varz`)).json()
  expect(varz).toMatchObject({ host: '127.0.0.1', jetstream: { config: { sync_always: true } } })
  expect((await stat(server.configFile)).mode & 0o777).toBe(0o600)
})

test('a wrong password, and no password, are refused', async () => {
  await using nats = await aNatsServer({ users: [{ user: 'test', password: 'secret' }], ownProcess: true })
  const url = new URL(nats.url())
  await expect(connect({ servers: url.host, reconnect: false })).rejects.toThrow(/authorization/i)
  await expect(connect({ servers: url.host, user: 'test', pass: 'guess', reconnect: false })).rejects.toThrow(
    /authorization/i,
  )
})

test('the generated grants load, and each service may connect', async () => {
  const users = busUsers((user) => `password-of-${user}`)
  await using nats = await aNatsServer({ users })
  for (const { user } of users) {
    const connection = await connectTo(nats.url(user))
    await connection.flush()
    await connection.close()
  }
})

test('a program that is no nats-server is reported with what it said', async () => {
  const start = NatsServer.start({ binary: '/bin/ls', folder: '/tmp', users: [] })
  await expect(start).rejects.toThrow(/nats ended while starting \(exit code 2\)[^]*unrecognized option/)
})

test('a committed row is there after Postgres was killed and started again', async () => {
  // given a row
  await using own = await aPostgres()
  const url = await own.server.database('p2pmsg')
  await query(url, 'CREATE TABLE kept (v text)')
  await query(url, "INSERT INTO kept VALUES ('still here')")
  const { pid } = own.server
  // when it is killed and started again
  await own.server.kill()
  await own.server.restart()
  // then it is another process with the same row
  expect(own.server.pid).not.toBe(pid)
  expect(await query(url, 'SELECT v FROM kept')).toEqual([{ v: 'still here' }])
})

test('Postgres asks for its password and sorts by code point', async () => {
  await using database = await aDatabase()
  const guess = new URL(database.url)
  guess.password = 'guess'
  if (!process.env.POSTGRES_URL) await expect(query(guess.href, 'SELECT 1')).rejects.toThrow(/password/)
  expect(await query(database.url, "SELECT min(v) FROM (VALUES ('a'), ('B')) AS t(v)")).toEqual([{ min: 'B' }])
})

test('two databases of one run know nothing of each other', async () => {
  await using one = await aDatabase()
  await using two = await aDatabase()
  await query(one.url, 'CREATE TABLE mine ()')
  await expect(query(two.url, 'SELECT FROM mine')).rejects.toThrow(/does not exist/)
})

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
