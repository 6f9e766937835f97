#!/usr/bin/env node
// The launcher, reached as `p2pmsg` at the root (a link: older Nodes refuse an extensionless module, the link's target has one).
// It runs under whatever Node >= 20 the machine has, brings Node 24, pnpm and the packages, and hands over. Plain JavaScript
// and nothing but node:* imports, because neither types nor packages are there yet.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { installPackages } from './packages.mjs'
import { ROOT, STATE } from './places.mjs'
import { runToTheEnd } from './run.mjs'
import { Trouble, warn } from './say.mjs'
import { bringToolchain } from './toolchain.mjs'

const NAME = /^[a-z][a-z0-9-]*$/ // what may follow `bench` or `run`: a file's name, never a path

/** What to start for these words: a script for Node 24, or a tool that the packages brought. */
function target(words) {
  const [word = 'help', ...rest] = words
  if (word === 'start') return { script: 'deploy/local/src/main.ts', args: rest }
  if (word === 'test') return { script: 'tests/run.ts', args: rest }
  if (word === 'run') {
    const [name = '', ...args] = rest
    if (!NAME.test(name)) throw new Trouble('./p2pmsg run needs a name', 64)
    return { script: `tests/${name}.ts`, args }
  }
  // One of bench/ by its name; with an address or options it is the command that loads a cluster.
  if (word === 'bench' && NAME.test(rest[0] ?? '')) return { script: `bench/${rest[0]}.ts`, args: rest.slice(1) }
  if (word === 'exec') {
    const [tool = '', ...args] = rest
    if (tool === '' || basename(tool) !== tool)
      throw new Trouble("./p2pmsg exec needs a tool's name, e.g. exec vitest", 64)
    return { tool: join(ROOT, 'node_modules', '.bin', tool), args }
  }
  return { script: 'libs/client/src/cli/main.ts', args: words }
}

async function launch(words) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Trouble(`Node ${process.versions.node} is too old to start from; install Node 20 or newer`, 69)
  }
  const wanted = target(words)
  const toolchain = await bringToolchain()
  await installPackages(toolchain)
  const file = wanted.tool ?? join(ROOT, wanted.script)
  if (!existsSync(file))
    throw new Trouble(`there is no ${wanted.script ?? `tool ${basename(file)}`} in this checkout`, 66)
  return wanted.tool
    ? runToTheEnd(toolchain, file, wanted.args)
    : runToTheEnd(toolchain, toolchain.node, [file, ...wanted.args])
}

try {
  process.exitCode = await launch(process.argv.slice(2))
} catch (error) {
  if (error instanceof Trouble) {
    warn(error.message)
    process.exitCode = error.exitCode
  } else if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
    warn(`cannot write ${error.path ?? STATE}: ${error.message}`)
    process.exitCode = 77
  } else if (error.code === 'ENOSPC') {
    warn(`the disk under ${STATE} is full`)
    process.exitCode = 74
  } else {
    throw error
  }
}
