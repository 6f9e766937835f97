// The launcher as a person meets it: a real process under the machine's own Node, with and without the toolchain, alone and
// several at once, killed half way, without a network, and in a folder that is somebody else's.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithUs } from '@p2pmsg/local'
import { expect, test } from 'vitest'
import { aCheckout, type Checkout, ROOT } from '../support/checkout.ts'

const NOBODY = 65_534
/** What a person would start with: the machine's own Node, not the one that the launcher brought. */
const MACHINE_NODE =
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('.p2pmsg'))
    .map((folder) => join(folder, 'node'))
    .find((file) => existsSync(file)) ?? process.execPath
const POLL_MS = 20

type Run = Readonly<{ child: ChildProcess; done: Promise<{ code: number | null; stdout: string; stderr: string }> }>

function launch(checkout: Checkout, args: readonly string[], env: NodeJS.ProcessEnv = {}, uid?: number): Run {
  const child = spawn(MACHINE_NODE, [checkout.launcher, ...args], {
    cwd: checkout.path,
    env: { PATH: process.env.PATH, HOME: checkout.path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  endWithUs(child)
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)]
  const done = once(child, 'exit').then(async ([code]) => ({ code, stdout: await stdout, stderr: await stderr }))
  return { child, done }
}

/** The content of a file as soon as there is some. */
async function content(file: string): Promise<string> {
  for (;;) {
    if (existsSync(file)) {
      const found = await readFile(file, 'utf8')
      if (found !== '') return found
    }
    await sleep(POLL_MS)
  }
}

async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await sleep(POLL_MS)
  }
}

test('starts a program with Node 24, its words and a clean environment, and ends with its exit code', async () => {
  await using checkout = await aCheckout({ toolchain: true })
  const env = { npm_config_cafile: '/etc/ca.pem', npm_lifecycle_event: 'start', npm_config_yes: 'true' }
  const { code, stdout, stderr } = await launch(checkout, ['run', 'probe', 'exit', '--flag', 'two words'], env).done
  expect(code).toBe(7)
  const seen: unknown = JSON.parse(stdout) // and nothing but the program's own words on stdout
  expect(seen).toMatchObject({ args: ['exit', '--flag', 'two words'], ca: '/etc/ca.pem', npm: [] })
  expect(seen).toMatchObject({
    node: expect.stringMatching(/^v24\./),
    path: expect.stringContaining(`${checkout.toolchain}/`),
  })
  expect(stderr).toContain('installing the packages')
})

test('installs the packages again only when a manifest changed', async () => {
  await using checkout = await aCheckout({ toolchain: true })
  expect((await launch(checkout, ['run', 'probe']).done).stderr).toContain('installing the packages')
  expect((await launch(checkout, ['run', 'probe']).done).stderr).toBe('')
  await mkdir(join(checkout.path, 'libs', 'new'), { recursive: true })
  await writeFile(join(checkout.path, 'libs', 'new', 'package.json'), '{"name":"new","private":true}')
  expect((await launch(checkout, ['run', 'probe']).done).stderr).toContain('installing the packages')
})

test.each([
  [['run'], 64, 'needs a name'],
  [['run', '../evil'], 64, 'needs a name'],
  [['exec', '/bin/sh'], 64, "needs a tool's name"],
  [['exec', 'nothing'], 66, 'there is no tool nothing'],
  [['bench', 'nothing'], 66, 'there is no bench/nothing.ts'],
])('%j ends with %i', async (words, exitCode, message) => {
  await using checkout = await aCheckout({ toolchain: true })
  const { code, stderr } = await launch(checkout, words).done
  expect(code).toBe(exitCode)
  expect(stderr).toContain(message)
})

test('SIGTERM is passed on, and the exit code comes back', async () => {
  await using checkout = await aCheckout({ toolchain: true })
  const file = join(checkout.path, 'said')
  const { child, done } = launch(checkout, ['run', 'probe', 'wait', file])
  await content(file)
  child.kill('SIGTERM')
  expect((await done).code).toBe(3)
  expect(await readFile(file, 'utf8')).toBe('SIGTERM')
})

test('the program ends when npm, which called the launcher, is killed', async () => {
  // given npm → (a shell →) launcher → program
  await using checkout = await aCheckout({ toolchain: true })
  const file = join(checkout.path, 'said')
  const npm = spawn('npm', ['run', 'probe', '--', 'wait', file], {
    cwd: checkout.path,
    env: { PATH: process.env.PATH, HOME: checkout.path },
    stdio: 'ignore',
  })
  endWithUs(npm)
  const program = Number(await content(file))
  // when npm gets no chance to pass anything on
  npm.kill('SIGKILL')
  // then the program was asked to end, and is gone
  await gone(program)
  expect(await readFile(file, 'utf8')).toBe('SIGTERM')
})

test('without a network: what failed, a hint, and no half toolchain', async () => {
  await using checkout = await aCheckout({ toolchain: false })
  const env = { npm_config_registry: 'http://127.0.0.1:1', npm_config_fetch_retries: '0' }
  const { code, stderr } = await launch(checkout, ['run', 'probe'], env).done
  expect(code).toBe(69)
  expect(stderr).toMatch(/npm could not bring Node 24[^]*ECONNREFUSED[^]*Is there a network\?/)
  expect(await readdir(join(checkout.path, '.p2pmsg'))).toEqual([])
})

test('without npm: which program is missing', async () => {
  await using checkout = await aCheckout({ toolchain: false })
  const { code, stderr } = await launch(checkout, ['run', 'probe'], { PATH: '/nowhere' }).done
  expect(code).toBe(69)
  expect(stderr).toContain('there is no npm on PATH')
})

/** An npm that writes down each call and brings the toolchain of this checkout, after `ms` milliseconds. */
async function aSlowNpm(checkout: Checkout, ms: number): Promise<Readonly<{ env: NodeJS.ProcessEnv; calls: string }>> {
  const calls = join(checkout.path, 'npm-calls')
  const path = join(checkout.path, 'npm-cli.js')
  const packages = join(ROOT, '.p2pmsg', 'toolchain', 'node_modules')
  await writeFile(
    path,
    `import { appendFileSync, symlinkSync } from 'node:fs'
     appendFileSync(${JSON.stringify(calls)}, process.argv.includes('--ignore-scripts') ? 'safe ' : 'unsafe ')
     setTimeout(() => symlinkSync(${JSON.stringify(packages)}, 'node_modules'), ${ms})`,
  )
  return { env: { npm_execpath: path }, calls }
}

test('several launchers at once bring one toolchain, without install scripts', async () => {
  await using checkout = await aCheckout({ toolchain: false })
  const npm = await aSlowNpm(checkout, 500)
  const runs = await Promise.all([1, 2, 3].map(() => launch(checkout, ['run', 'probe', 'exit'], npm.env).done))
  expect(runs.map(({ code }) => code)).toEqual([7, 7, 7])
  expect(await readFile(npm.calls, 'utf8')).toBe('safe ')
  expect((await readdir(join(checkout.path, '.p2pmsg'))).sort()).toEqual([
    'compile-cache',
    'packages.stamp',
    'toolchain',
  ])
})

test('a launcher that was killed while it installed holds nobody up', async () => {
  // given one that is killed in the middle
  await using checkout = await aCheckout({ toolchain: false })
  const stuck = await aSlowNpm(checkout, 60_000)
  const first = launch(checkout, ['run', 'probe', 'exit'], stuck.env)
  await content(stuck.calls)
  first.child.kill('SIGKILL')
  await first.done
  expect(await readdir(join(checkout.path, '.p2pmsg'))).toContain('install.lock')
  // when the next one comes
  const npm = await aSlowNpm(checkout, 0)
  const { code } = await launch(checkout, ['run', 'probe', 'exit'], npm.env).done
  // then it installs, and cleans up after the first
  expect(code).toBe(7)
  expect((await readdir(join(checkout.path, '.p2pmsg'))).sort()).toEqual([
    'compile-cache',
    'packages.stamp',
    'toolchain',
  ])
})

test('a folder that belongs to another user is named, with a way out', async (context) => {
  context.skip(process.getuid?.() !== 0, 'only root can be two users')
  await using checkout = await aCheckout({ toolchain: false })
  await chown(checkout.path, NOBODY, NOBODY)
  const { code, stderr } = await launch(checkout, ['run', 'probe'], {}, NOBODY).done
  expect(code).toBe(77)
  expect(stderr).toContain(`cannot write ${checkout.path}/.p2pmsg (it belongs to user 0, this is user ${NOBODY})`)
  expect(stderr).toContain('sudo chown')
})
