// Installs the workspace inside an image build, without a shell:
//   all   brings pnpm, and the packages of every image into pnpm's store
//   one   what the service of $SERVICE needs, from that store alone, and nothing else stays in /app
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

const SERVICES = ['router', 'ingest', 'store', 'render-api', 'admin']
const TOOLS = '/tools'
const STORE = '/store' // outside /app, so that it stays behind
const PNPM = join(TOOLS, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs')
/** npm as it lies beside every Node that was installed with it. */
const NPM = join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')

/** Runs a JavaScript program with this Node; its output is ours. */
function run(program, ...args) {
  const { status, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' })
  if (status === 0) return
  process.stderr.write(`${program} ${args[0]} failed: ${error?.message ?? `exit code ${status}`}\n`)
  process.exit(1)
}

/** The package that stands at the top of an image: the admin image is the command, which loads the rest of it lazily. */
function packageOf(service) {
  return service === 'admin' ? '@p2pmsg/client' : `@p2pmsg/${service}`
}

function install(services, ...args) {
  const filters = services.flatMap((service) => ['--filter', `${packageOf(service)}...`])
  run(PNPM, ...filters, 'install', '--frozen-lockfile', '--prod', '--store-dir', STORE, ...args)
}

function bringPackages() {
  if (!existsSync(NPM)) {
    process.stderr.write(`this base image has no npm at ${NPM}: take one like the official node:24-bookworm-slim\n`)
    process.exit(1)
  }
  // The versions and hashes are those that `npm start` uses.
  mkdirSync(TOOLS)
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join('deploy', 'local', 'launcher', 'toolchain', file), join(TOOLS, file))
  run(NPM, 'ci', '--prefix', TOOLS, '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund')
  install(SERVICES)
}

function keepOne(service) {
  if (!SERVICES.includes(service)) {
    process.stderr.write(`SERVICE is ${service}; it is one of ${SERVICES.join(', ')}\n`)
    process.exit(1)
  }
  const projects = ['libs', 'services'].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  for (const folder of ['.', ...projects]) rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  install([service], '--offline')
  // pnpm gave a node_modules to each package that the service is made of.
  for (const project of projects) {
    if (!existsSync(join(project, 'node_modules'))) rmSync(project, { recursive: true })
  }
  rmSync('deploy', { recursive: true })
  mkdirSync('/empty')
}

if (process.argv[2] === 'all') bringPackages()
else keepOne(process.env.SERVICE)
