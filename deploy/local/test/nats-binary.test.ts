// Each way to a nats-server alone, the others hidden: an environment without the variables, an empty PATH, an empty folder.
// The program is a script that answers `--version`; tests/integration/local-nats-binary.test.ts does it with a real one.
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { brought, external, onPath } from '../src/nats/at-hand.ts'
import { RELEASE_VERSION, release } from '../src/nats/release.ts'
import type { Machine } from '../src/nats/step.ts'
import { findNats } from '../src/nats-binary.ts'

type BareMachine = AsyncDisposable & Machine & { with: (env: NodeJS.ProcessEnv) => Machine }

/** A machine that has nothing, with a home of its own. */
async function aMachine(): Promise<BareMachine> {
  const home = await mkdtemp(join(tmpdir(), 'p2pmsg-machine-'))
  const bare: Machine = { env: { PATH: '' }, home, platform: 'linux', arch: 'x64', say: () => undefined }
  return {
    ...bare,
    with: (env) => ({ ...bare, env: { ...bare.env, ...env } }),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  }
}

const program = (version: string) => `#!/bin/sh\necho "nats-server: v${version}"\n`

async function aProgram(folder: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'nats-server')
  await writeFile(path, program(version))
  await chmod(path, 0o755)
  return path
}

/** A release archive in the official layout, and a server on loopback that has it. */
async function aMirror(body: Buffer): Promise<AsyncDisposable & { url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    if (request.url?.startsWith('/folder/')) response.end(body)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}/folder/`,
    asked,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

/** One regular file in a POSIX ustar archive; enough of it for any tar to read. */
function tarOf(path: string, content: string): Buffer {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('0000755\0', 100)
  header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
  header.write('0', 156)
  const padded = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
  padded.write(content)
  return Buffer.concat([header, padded, Buffer.alloc(1024)])
}

const archiveOf = (version: string) =>
  gzipSync(tarOf(`nats-server-v${version}-linux-amd64/nats-server`, program(version)))
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

test('NATS_URL comes before everything', async () => {
  await using machine = await aMachine()
  const found = await findNats(machine.with({ NATS_URL: 'nats://a:b@192.0.2.1:4222' }))
  expect(found).toEqual({ kind: 'external', url: 'nats://a:b@192.0.2.1:4222' })
  expect(await external.find(machine)).toEqual({ kind: 'none', why: 'it is not set' })
})

test('a new enough one on PATH is used', async () => {
  await using machine = await aMachine()
  const path = await aProgram(join(machine.home, 'usr'), '2.10.0')
  const found = await onPath.find(machine.with({ PATH: `/nowhere:${join(machine.home, 'usr')}` }))
  expect(found).toEqual({ kind: 'binary', path, version: '2.10.0' })
})

test('2.9 on PATH is refused with a word, and the next way is tried', async () => {
  await using machine = await aMachine()
  const old = await aProgram(join(machine.home, 'usr'), '2.9.10')
  const env = machine.with({ PATH: join(machine.home, 'usr') })
  expect(await onPath.find(env)).toMatchObject({
    kind: 'none',
    why: expect.stringContaining(`${old} is 2.9.10; 2.10.0 or newer`),
  })
  const path = await aProgram(join(machine.home, 'bin'), '2.14.0')
  expect(await findNats(env, [onPath, brought])).toEqual({ kind: 'binary', path, version: '2.14.0' })
})

test('one in .p2pmsg/bin is used, and one that does not run here is not', async () => {
  await using machine = await aMachine()
  expect(await brought.find(machine)).toMatchObject({ kind: 'none' })
  const path = await aProgram(join(machine.home, 'bin'), '2.14.0')
  expect(await brought.find(machine)).toEqual({ kind: 'binary', path, version: '2.14.0' })
  await writeFile(path, '#!/bin/sh\nexit 126\n')
  expect(await brought.find(machine)).toMatchObject({ kind: 'none', why: `${path} does not run here (exit code 126)` })
})

test('the release archive is fetched, checked and unpacked', async () => {
  await using machine = await aMachine()
  const archive = archiveOf('2.14.0')
  await using mirror = await aMirror(archive)
  const env = machine.with({ P2PMSG_NATS_RELEASE_URL: mirror.url, P2PMSG_NATS_RELEASE_SHA256: sha256(archive) })
  expect(await release.find(env)).toEqual({
    kind: 'binary',
    path: join(machine.home, 'bin', 'nats-server'),
    version: '2.14.0',
  })
  expect(mirror.asked).toEqual([`/folder/nats-server-v${RELEASE_VERSION}-linux-amd64.tar.gz`])
  expect(await readdir(join(machine.home, 'bin'))).toEqual(['nats-server'])
})

test('an archive other than the pinned one is not used', async () => {
  await using machine = await aMachine()
  const archive = archiveOf('2.14.0')
  await using mirror = await aMirror(archive)
  const found = await release.find(machine.with({ P2PMSG_NATS_RELEASE_URL: mirror.url }))
  expect(found).toMatchObject({
    kind: 'none',
    why: expect.stringContaining(`has SHA-256 ${sha256(archive)}, expected 3d8b74df`),
  })
  expect(await readdir(machine.home)).toEqual([])
})

test.each([
  ['is not there', (url: string) => url.replace('folder', 'elsewhere'), 'the answer was 404'],
  ['has no server', () => 'http://127.0.0.1:1', /ECONNREFUSED|bad port|fetch failed/],
])('a mirror that %s is a reason, not a crash', async (_what, change, why) => {
  await using machine = await aMachine()
  await using mirror = await aMirror(Buffer.alloc(0))
  const found = await release.find(machine.with({ P2PMSG_NATS_RELEASE_URL: change(mirror.url) }))
  expect(found).toMatchObject({ kind: 'none', why: expect.stringMatching(why) })
})

test('an archive without the program, or that is none, is a reason', async () => {
  await using machine = await aMachine()
  for (const archive of [gzipSync(tarOf('release/README', 'hello')), Buffer.from('not gzip')]) {
    await using mirror = await aMirror(archive)
    const env = { P2PMSG_NATS_RELEASE_URL: mirror.url, P2PMSG_NATS_RELEASE_SHA256: sha256(archive) }
    expect(await release.find(machine.with(env))).toMatchObject({
      kind: 'none',
      why: expect.stringContaining('holds no nats-server'),
    })
  }
})

test('a platform without an archive is told so', async () => {
  await using machine = await aMachine()
  expect(await release.find({ ...machine, platform: 'freebsd' })).toEqual({
    kind: 'none',
    why: 'there is no archive for freebsd-x64',
  })
})

test('when nothing works, each way says why, and the ways out are named', async () => {
  await using machine = await aMachine()
  const search = findNats(machine.with({ P2PMSG_NATS_RELEASE_URL: 'http://127.0.0.1:1' }))
  await expect(search).rejects.toMatchObject({
    name: 'Trouble',
    exitCode: 69,
    message: expect.stringMatching(
      /NATS_URL: it is not set[^]*PATH: there is no nats-server[^]*\.p2pmsg\/bin: [^]*the official release: [^]*apt: [^]*go install: there is no Go on PATH[^]*brew install nats-server/,
    ),
  })
})
