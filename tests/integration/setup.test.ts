// Proves the setup job: on a bus that comes up after it, run twice, it makes what services assume, hosts the receivers of its
// configuration, drops those that left it, and leaves alone what was added by hand; and the API of Kubernetes is asked for one thing.
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hostedReceiver, listReceivers, putReceiver, readSetupConfig, setUpCluster } from '@p2pmsg/admin'
import { busUsers, runCommand } from '@p2pmsg/local'
import { encodeItem, keyPairFromSeed, pipeKeysOf, toBase64Url, toHex, toZBase32 } from '@p2pmsg/protocol'
import { connectBus, createLogger, readPartitions, streamInfo } from '@p2pmsg/runtime'
import { expect, test } from 'vitest'
import { secretApi } from '../../libs/admin/src/secrets/kubernetes.ts'
import { ROOT } from '../steps.ts'
import { aKeyPair, anEntry } from '../support/messages.ts'
import { aNatsServer } from '../support/servers.ts'

const log = createLogger('admin', 'silent')

test('a cluster becomes what its configuration says, however often it is said', async () => {
  await using nats = await aNatsServer({ users: busUsers((user) => `password-of-${user}`) })
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-setup-'))
  const seeds = [randomBytes(32), randomBytes(32)]
  for (const [i, seed] of seeds.entries()) await writeFile(join(folder, `key-${i}`), `${toHex(seed)}\n`)
  const receivers = (...which: number[]) =>
    JSON.stringify(which.map((i) => ({ name: `number ${i}`, keyFile: join(folder, `key-${i}`) })))
  const clusterSecrets = [randomBytes(32), randomBytes(16)]
  const settings = {
    NATS_URL: nats.url('admin'),
    P2PMSG_PARTITIONS: '3',
    P2PMSG_EDGE_BYTES: String(64 << 20),
    P2PMSG_MESSAGES_BYTES: String(64 << 20),
    P2PMSG_REFUSED_BYTES: String(16 << 20),
    P2PMSG_MANAGER: 'release one',
    P2PMSG_RECEIPT_KEY: toHex(randomBytes(32)),
    P2PMSG_CLUSTER_SECRETS: clusterSecrets.map(toHex).join(','),
    P2PMSG_ENDPOINTS: 'router.example.org:42424',
    P2PMSG_FEED_URL: 'https://feeds.example.org',
  }
  const apply = (list: string) => setUpCluster(readSetupConfig({ ...settings, P2PMSG_RECEIVERS: list }), log)

  // given two receivers of the configuration, one added by hand and one of another release
  expect(await apply(receivers(0, 1))).toEqual({ hosted: 2, removed: 0 })
  await using bus = await connectBus({ url: nats.url('admin'), service: 'admin', log })
  const byHand = aKeyPair()
  await putReceiver(bus, anEntry(byHand, aKeyPair().publicKey))
  const others = aKeyPair()
  await putReceiver(bus, { ...anEntry(others, aKeyPair().publicKey), managedBy: 'release two' })

  // when the configuration loses one and is applied twice
  expect(await apply(receivers(1))).toEqual({ hosted: 1, removed: 1 })
  expect(await apply(receivers(1))).toEqual({ hosted: 1, removed: 0 })

  // then just that one is gone, and the streams are what was asked for
  const hosted = await listReceivers(bus)
  const kept = keyPairFromSeed(seeds[1] as Uint8Array).publicKey
  expect(hosted.map(({ name }) => name).sort()).toEqual([kept, byHand.publicKey, others.publicKey].map(toHex).sort())
  const entry = hosted.find(({ name }) => name === toHex(kept))?.entry
  expect(entry?.ok && entry.value.record.feedUrl).toBe('https://feeds.example.org')
  expect(entry?.ok && entry.value.record.pipeKey).toEqual(pipeKeysOf(clusterSecrets[0] as Uint8Array).publicKey)
  expect(await readPartitions(bus)).toBe(3)
  expect((await streamInfo(bus, 'EDGE')).config.max_bytes).toBe(64 << 20)

  // and without a list nothing is hosted or removed, and another number of partitions is refused at once
  expect(await setUpCluster(readSetupConfig(settings), log)).toEqual({ hosted: 0, removed: 0 })
  const more = readSetupConfig({ ...settings, P2PMSG_PARTITIONS: '4' })
  await expect(setUpCluster(more, log)).rejects.toThrow(/3 partitions and 4 were asked for/)
  await rm(folder, { recursive: true })
})

test('a file lists five hundred receivers, more than a variable can hold', async () => {
  await using nats = await aNatsServer({ users: busUsers((user) => `password-of-${user}`) })
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-setup-'))
  const file = join(folder, 'receivers.json')
  const feedUrl = `https://feeds.example.org/${'a-long-way/'.repeat(20)}`
  const list = Array.from({ length: 500 }, (_, i) => {
    const keys = aKeyPair()
    const endpoints = [{ host: 'router.example.org', port: 42_424 }]
    const hosting = { receiptKey: keys.publicKey, pipeKey: undefined, endpoints, feedUrl, postUrl: undefined }
    const { item } = hostedReceiver(keys, { ...hosting, validSeconds: 3600 }, Math.floor(Date.now() / 1000))
    return { name: `number ${i}`, record: toBase64Url(encodeItem(item)) }
  })
  const text = JSON.stringify(list)
  expect(text.length).toBeGreaterThan(128 * 1024)
  await writeFile(file, text)
  const settings = {
    NATS_URL: nats.url('admin'),
    P2PMSG_EDGE_BYTES: String(16 << 20),
    P2PMSG_MESSAGES_BYTES: String(16 << 20),
    P2PMSG_REFUSED_BYTES: String(16 << 20),
    P2PMSG_RECEIVERS_FILE: file,
  }
  expect(await setUpCluster(readSetupConfig(settings), log)).toEqual({ hosted: 500, removed: 0 })
  await using bus = await connectBus({ url: nats.url('admin'), service: 'admin', log })
  const hosted = await listReceivers(bus)
  expect(hosted.filter(({ entry }) => entry.ok && entry.value.record.feedUrl === feedUrl)).toHaveLength(500)

  // and what is cut off, or lost, takes nobody's feed away
  for (const cut of [text.slice(0, text.length / 2), '']) {
    await writeFile(file, cut)
    await expect(setUpCluster(readSetupConfig(settings), log)).rejects.toThrow(/P2PMSG_RECEIVERS_FILE, is no JSON list/)
  }
  expect(await listReceivers(bus)).toHaveLength(500)
  await rm(folder, { recursive: true })
})

test('a Secret is created with the account of the pod; one that is there is left, anything else is told', async () => {
  const account = await mkdtemp(join(tmpdir(), 'p2pmsg-account-'))
  const certificate = await selfSigned(account)
  const asked: string[] = []
  let answer = 201
  const server = createServer(certificate, (request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      const { metadata, stringData } = JSON.parse(body) as { metadata: { name: string }; stringData: object }
      asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${metadata.name}`)
      expect(stringData).toEqual({ key: 'value' })
      response.writeHead(answer).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await writeFile(join(account, 'token'), 'the-token\n')
  await writeFile(join(account, 'namespace'), 'trial')
  await writeFile(join(account, 'ca.crt'), certificate.cert)
  const { port } = server.address() as AddressInfo
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }
  const api = await secretApi(env, account)

  expect(await api.create('one', { key: 'value' }, {})).toBe(true)
  answer = 409
  expect(await api.create('one', { key: 'value' }, {})).toBe(false)
  answer = 403
  await expect(api.create('one', { key: 'value' }, {})).rejects.toThrow(/answers 403 .* Secret one/)
  expect(asked).toEqual(Array(3).fill('POST /api/v1/namespaces/trial/secrets Bearer the-token one'))
  await expect(secretApi({}, account)).rejects.toThrow(/no pod with a service account/)
  server.close()
  await rm(account, { recursive: true })
})

/** A certificate for 127.0.0.1 that stands for the API server's. */
async function selfSigned(folder: string): Promise<{ key: string; cert: string }> {
  const [key, cert] = [join(folder, 'server.key'), join(folder, 'server.crt')]
  const made = await runCommand(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ed25519',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '1',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { timeoutMs: 20_000 },
  )
  expect(made.stderr + made.code).toMatch(/0$/)
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
}

test('the command lists who is hosted, by whom, with a URL that stands in a file', async () => {
  await using nats = await aNatsServer({ users: busUsers((user) => `password-of-${user}`) })
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-setup-'))
  await writeFile(join(folder, 'url'), nats.url('admin'))
  const admin = (...args: string[]) =>
    runCommand(process.execPath, [join(ROOT, 'libs/client/src/cli/main.ts'), 'admin', ...args], {
      env: {
        PATH: process.env.PATH,
        NATS_URL_FILE: join(folder, 'url'),
        P2PMSG_EDGE_BYTES: String(16 << 20),
        P2PMSG_MESSAGES_BYTES: String(16 << 20),
        P2PMSG_REFUSED_BYTES: String(16 << 20),
      },
      timeoutMs: 30_000,
    })
  expect(await admin('setup', '--partitions', '2')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 partitions'),
  })
  await using bus = await connectBus({ url: nats.url('admin'), service: 'admin', log })
  const [one, two] = [aKeyPair(), aKeyPair()]
  await putReceiver(bus, anEntry(one, two.publicKey))
  await putReceiver(bus, { ...anEntry(two, one.publicKey), managedBy: 'release two' })
  const listed = await admin('receivers')
  expect(listed.stdout.split('\n').filter(Boolean).toSorted()).toEqual(
    [
      `p2pmsg://${toZBase32(one.publicKey)}@127.0.0.1:42424`,
      `p2pmsg://${toZBase32(two.publicKey)}@127.0.0.1:42424  kept by release two`,
    ].toSorted(),
  )
  expect(await admin('setup', '--partitions', 'many')).toMatchObject({ code: 78 })
  expect(await admin('nonsense')).toMatchObject({ code: 2 })
  await rm(folder, { recursive: true })
})
