// The ways to a nats-server that bring a real one, each with the others hidden: it is fetched or built, and then runs.
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { jetstreamManager } from '@nats-io/jetstream'
import {
  apt,
  findNats,
  goInstall,
  type Machine,
  NatsServer,
  RELEASE_VERSION,
  release,
  runCommand,
  type Step,
  thisMachine,
} from '@p2pmsg/local'
import { expect, type TestContext, test } from 'vitest'
import { connectTo } from '../support/bus.ts'
import { aGoProxy } from '../support/go-proxy.ts'

const FETCH_MS = 5 * 60_000
const BUILD_MS = 15 * 60_000
const PROBE_MS = 30_000

test('a release archive from a mirror on loopback', { timeout: FETCH_MS }, async () => {
  // given the official layout with a real server in it
  await using place = await aPlace()
  const real = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (real.kind !== 'binary') throw new Error('NATS_URL was taken away')
  const { platform, arch } = process
  const target = `nats-server-v${RELEASE_VERSION}-${platform}-${arch === 'x64' ? 'amd64' : arch}`
  await mkdir(join(place.path, target))
  await copyFile(real.path, join(place.path, target, 'nats-server'))
  const packed = await runCommand('tar', ['-cf', `${target}.tar`, target], { cwd: place.path, timeoutMs: FETCH_MS })
  expect(packed.code).toBe(0)
  const archive = gzipSync(await readFile(join(place.path, `${target}.tar`)), { level: 1 })
  await using mirror = await aMirror(archive, `${target}.tar.gz`)
  // when only the release step is asked
  const found = await onlyBy(release, place.path, {
    PATH: '',
    P2PMSG_NATS_RELEASE_URL: mirror.url,
    P2PMSG_NATS_RELEASE_SHA256: createHash('sha256').update(archive).digest('hex'),
  })
  // then what it brought is a server
  await expectServer(found)
})

test('a newer suite by apt, without root', { timeout: FETCH_MS }, async (context) => {
  await reachable(context, 'a Debian or Ubuntu mirror', 'sh', ['-c', APT_MIRROR_ANSWERS])
  await using place = await aPlace()
  await expectServer(await onlyBy(apt, place.path, { PATH: process.env.PATH }))
})

test('go install, of a program that is quickly built, from a module proxy of our own', {
  timeout: BUILD_MS,
}, async (context) => {
  await reachable(context, 'Go', 'go', ['version'])
  await using place = await aPlace()
  const main = `package main\n\nfunc main() { print("nats-server: v2.14.9\\n") }\n`
  const proxy = await aGoProxy(join(place.path, 'proxy'), 'github.com/nats-io/nats-server/v2', 'v2.14.9', main)
  const { PATH, HOME, GOCACHE } = process.env
  const modules = { GOMODCACHE: join(place.path, 'modules'), GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' }
  const env = { PATH, HOME, GOCACHE, GOPROXY: proxy, GONOSUMDB: '*', ...modules }
  const found = await onlyBy(goInstall, place.path, env)
  expect(found).toEqual({ kind: 'binary', path: join(place.path, 'bin', 'nats-server'), version: '2.14.9' })
  await writeFile(join(place.path, 'proxy', 'github.com/nats-io/nats-server/v2/@v/v2.14.9.zip'), 'not a module')
  await rm(modules.GOMODCACHE, { recursive: true })
  const broken = goInstall.find({ ...thisMachine(place.path), env })
  expect(await broken).toMatchObject({ kind: 'none', why: expect.stringContaining('zip') })
})

test('go install of the real one', { timeout: BUILD_MS }, async (context) => {
  context.skip(!process.env.P2PMSG_LONG, 'building nats-server takes a minute: npm run test:long does it')
  await reachable(context, 'Go and its modules', 'go', ['list', '-m', 'github.com/nats-io/nats-server/v2@v2.14.9'])
  await using place = await aPlace()
  await expectServer(await onlyBy(goInstall, place.path, { PATH: process.env.PATH, HOME: process.env.HOME }))
})

/** apt's own way of asking for a file, so that its proxies and mirrors are those that the step would use. */
const APT_MIRROR_ANSWERS = `
  . /etc/os-release && case $ID in debian|ubuntu) ;; *) exit 1 ;; esac
  uri=$(apt-get indextargets --format '$(REPO_URI)' | grep -v security | head -1)
  /usr/lib/apt/apt-helper -o APT::Sandbox::User="$(id -un)" download-file "$uri"dists/devel/InRelease InRelease ||
  /usr/lib/apt/apt-helper -o APT::Sandbox::User="$(id -un)" download-file "$uri"dists/stable/InRelease InRelease`

async function reachable(context: TestContext, what: string, command: string, args: readonly string[]): Promise<void> {
  await using place = await aPlace()
  const { code } = await runCommand(command, args, { cwd: place.path, timeoutMs: PROBE_MS })
  context.skip(code !== 0, `${what} cannot be reached from here`)
}

function onlyBy(step: Step, home: string, env: NodeJS.ProcessEnv) {
  const machine: Machine = { ...thisMachine(home), env }
  return findNats(machine, [step])
}

async function expectServer(found: Awaited<ReturnType<typeof findNats>>): Promise<void> {
  if (found.kind !== 'binary') throw new Error('a server that runs elsewhere')
  await using place = await aPlace()
  const users = [{ user: 'test', password: 'test' }]
  await using server = await NatsServer.start({ binary: found.path, folder: place.path, users })
  const connection = await connectTo(server.url())
  const { limits } = await (await jetstreamManager(connection)).getAccountInfo()
  expect(limits.max_streams).toBe(-1)
  expect(basename(found.path)).toBe('nats-server')
  await connection.close()
}

async function aPlace(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'p2pmsg-nats-binary-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function aMirror(body: Buffer, name: string): Promise<AsyncDisposable & { url: string }> {
  const server = createServer((request, response) => {
    if (request.url === `/${name}`) response.end(body)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() }
}
