import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { lastLine, type Outcome, runCommand } from '../command.ts'
import { broughtBinary, examine, type Found, type Machine, none, type Step } from './step.ts'

const UPDATE_MS = 180_000
const DOWNLOAD_MS = 180_000
const QUERY_MS = 20_000

/** Suites that may hold a newer server than the installed one, the most settled first. */
const SUITES: Readonly<Record<string, Readonly<{ suites: readonly string[]; component: string; keyring: string }>>> = {
  debian: {
    suites: ['testing', 'stable'],
    component: 'main',
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
  },
  ubuntu: { suites: ['devel'], component: 'universe', keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg' },
}

/**
 * The distribution's own package of a newer suite, fetched by apt without root: own lists and state, the machine's mirror, the
 * archive's signatures checked as always. Nothing is installed; the one program is taken out of the package.
 */
export const apt: Step = { name: 'apt', find: bringFromApt }

async function bringFromApt(machine: Machine): Promise<Found> {
  if (machine.platform !== 'linux') return none('this is no Linux')
  const distribution = await distributionOf()
  const known = SUITES[distribution]
  if (!known) return none(`${distribution || 'this system'} is neither Debian nor Ubuntu`)
  const mirror = await mirrorOf(machine, distribution)
  if (!mirror) return none('apt-get indextargets names no mirror')
  const reasons: string[] = []
  for (const suite of known.suites) {
    machine.say(`fetching nats-server from ${distribution} ${suite} by apt, without root …`)
    const found = await bringFromSuite(
      machine,
      `deb [signed-by=${known.keyring}] ${mirror} ${suite} ${known.component}\n`,
    )
    if (found.kind !== 'none') return found
    reasons.push(`${suite}: ${found.why}`)
  }
  return none(reasons.join('; '))
}

async function distributionOf(): Promise<string> {
  try {
    return /^ID="?([a-z]+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}

async function mirrorOf(machine: Machine, distribution: string): Promise<string | undefined> {
  const words = ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)']
  const { stdout } = await runCommand('apt-get', words, { env: machine.env, timeoutMs: QUERY_MS })
  const lines = stdout.split('\n').map((line) => line.split(' '))
  return lines.find(([origin, uri]) => origin?.toLowerCase() === distribution && !uri?.includes('security'))?.[1]
}

async function bringFromSuite(machine: Machine, source: string): Promise<Found> {
  // A folder of its own under /tmp: apt's sandbox cannot enter a home directory, and its lock must not meet another start's.
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-apt-'))
  try {
    for (const part of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, part), { recursive: true })
    await writeFile(join(folder, 'sources.list'), source)
    await writeFile(join(folder, 'status'), '')
    const settings = aptSettings(folder)
    const run = (words: readonly string[], timeoutMs: number): Promise<Outcome> =>
      runCommand('apt-get', [...settings, ...words], { env: { ...machine.env, LC_ALL: 'C' }, cwd: folder, timeoutMs })
    const updated = await run(['-q', 'update', '-o', 'APT::Update::Error-Mode=any'], UPDATE_MS)
    if (updated.code !== 0) return none(lastLine(updated))
    const fetched = await run(['-q', 'download', 'nats-server'], DOWNLOAD_MS)
    if (fetched.code !== 0) return none(lastLine(fetched))
    return await takeProgram(machine, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function aptSettings(folder: string): string[] {
  const settings = {
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Acquire::Languages': 'none',
    'Acquire::AllowInsecureRepositories': 'false',
    'APT::Sandbox::User': userInfo().username,
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}

async function takeProgram(machine: Machine, folder: string): Promise<Found> {
  const unpacked = join(folder, 'unpacked')
  const script = `dpkg-deb -x nats-server_*.deb ${unpacked}` // the file's name carries the version
  const outcome = await runCommand('sh', ['-c', script], { env: machine.env, cwd: folder, timeoutMs: QUERY_MS })
  if (outcome.code !== 0) return none(lastLine(outcome))
  const found = await examine(join(unpacked, 'usr', 'sbin', 'nats-server'))
  if (found.kind !== 'binary') return found // too old, or linked against a newer C library
  const path = broughtBinary(machine)
  await mkdir(dirname(path), { recursive: true })
  await copyFile(found.path, `${path}.${process.pid}`)
  await rename(`${path}.${process.pid}`, path)
  return examine(path)
}
