// A folder that the launcher takes for a checkout: the launcher's own files, a workspace without dependencies, and a probe.
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const ROOT = dirname(dirname(import.meta.dirname))

/** Prints what it was given, as JSON, and does what its first word says. */
const PROBE = `
import { writeFileSync } from 'node:fs'
const [word, file] = process.argv.slice(2)
const { PATH, NODE_EXTRA_CA_CERTS } = process.env
const npm = Object.keys(process.env).filter((name) => name.startsWith('npm_'))
console.log(JSON.stringify({ args: process.argv.slice(2), node: process.version, path: PATH, ca: NODE_EXTRA_CA_CERTS, npm }))
if (word === 'exit') process.exit(7)
if (word === 'wait') {
  process.on('SIGTERM', () => {
    writeFileSync(file, 'SIGTERM')
    process.exit(3)
  })
  writeFileSync(file, String(process.pid))
  setInterval(() => {}, 1_000)
}
`

export type Checkout = AsyncDisposable & Readonly<{ path: string; launcher: string; toolchain: string }>

/** @param toolchain whether Node 24 and pnpm are there already */
export async function aCheckout(options: Readonly<{ toolchain: boolean }>): Promise<Checkout> {
  const path = await mkdtemp(join(tmpdir(), 'p2pmsg-checkout-'))
  await chmod(path, 0o755)
  await cp(join(ROOT, 'deploy', 'local', 'launcher'), join(path, 'deploy', 'local', 'launcher'), { recursive: true })
  await symlink('deploy/local/launcher/p2pmsg.mjs', join(path, 'p2pmsg'))
  await mkdir(join(path, 'tests'))
  await writeFile(join(path, 'tests', 'probe.ts'), `${PROBE}export type IsTypeScript = true\n`)
  await writeFile(
    join(path, 'package.json'),
    '{"name":"probe","private":true,"type":"module","scripts":{"probe":"node p2pmsg run probe"}}',
  )
  await writeFile(join(path, 'pnpm-workspace.yaml'), 'packages: []\n')
  await writeFile(join(path, 'pnpm-lock.yaml'), "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n")
  await mkdir(join(path, 'node_modules', '.bin'), { recursive: true })
  const toolchain = join(path, '.p2pmsg', 'toolchain')
  await mkdir(dirname(toolchain))
  if (options.toolchain) await symlink(join(ROOT, '.p2pmsg', 'toolchain'), toolchain)
  return {
    path,
    launcher: join(path, 'p2pmsg'),
    toolchain,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}
