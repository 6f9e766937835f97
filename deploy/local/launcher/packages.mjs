// The packages of pnpm-lock.yaml, installed again only when a manifest or the lock changed since the last time.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { forInstalling } from './environment.mjs'
import { alone } from './install-lock.mjs'
import { ours, ROOT, roomFor, STATE } from './places.mjs'
import { finish } from './run.mjs'
import { progress, Trouble } from './say.mjs'

const STAMP = join(STATE, 'packages.stamp')
const ROOM_MB = 900 // node_modules with a Postgres and a browser driver in it
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|META_FETCH_FAIL/
const NOT_OURS = new Set(['node_modules', '.git', '.p2pmsg'])

export async function installPackages(toolchain) {
  if (isFresh()) return
  await alone(async () => {
    if (!isFresh()) await install(toolchain)
  })
}

function isFresh() {
  return existsSync(join(ROOT, 'node_modules')) && existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp()
}

/** A hash over all that decides what pnpm would install. */
function stamp() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc', ...manifests()]) {
    if (existsSync(join(ROOT, file))) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)))
  }
  return hash.digest('hex')
}

/** package.json of the root and of every folder one or two levels down, where the workspace's packages are. */
function manifests() {
  const found = ['package.json']
  for (const one of foldersIn('')) {
    found.push(join(one, 'package.json'))
    for (const two of foldersIn(one)) found.push(join(one, two.slice(one.length + 1), 'package.json'))
  }
  return found.filter((file) => existsSync(join(ROOT, file))).sort()
}

function foldersIn(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !NOT_OURS.has(entry.name))
    .map((entry) => join(folder, entry.name))
}

async function install(toolchain) {
  ours(join(ROOT, 'node_modules'))
  roomFor(ROOM_MB, STATE)
  const done = progress('installing the packages of pnpm-lock.yaml')
  const env = { ...forInstalling(process.env), PATH: `${toolchain.nodeFolder}:${process.env.PATH ?? ''}` }
  const words = [
    toolchain.pnpm,
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
    '--config.update-notifier=false',
  ]
  const before = stamp() // what changes while pnpm runs is installed next time
  const { code, errors } = await finish(toolchain.node, words, { cwd: ROOT, env })
  done(code === 0 ? 'the packages are here' : undefined)
  if (code !== 0) {
    const hint = UNREACHABLE.test(errors) ? '\nIs there a network?' : ''
    throw new Trouble(`pnpm could not install the packages (exit code ${code}):\n${errors}${hint}`, 69)
  }
  writeFileSync(STAMP, before)
}
