// Root file systems made of what this machine has, for engines that can pull nothing.
import { chmod, cp, mkdir, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lastLine, runCommand } from '../local/src/index.ts'

const COMMAND_MS = 10 * 60_000
const NOBODY = 65_534

/** Runs a command to its end. @throws {Error} with its last line, unless it exits 0 */
export async function made(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> {
  const outcome = await runCommand(command, args, { timeoutMs: COMMAND_MS, ...(env && { env }) })
  if (outcome.code !== 0) throw new Error(`${command} ${args[0]}: ${lastLine(outcome)}`)
  return outcome.stdout
}

/** Copies a program's shared libraries, and the loader, to the places where it looks for them. */
export async function withLibraries(program: string, root: string): Promise<void> {
  const { stdout } = await runCommand('ldd', [program], { timeoutMs: COMMAND_MS }) // fails on a static one, which needs none
  const paths = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => (path ? [path] : []))
  for (const path of paths.filter((one) => !one.includes('/native/'))) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await cp(await realpath(path), join(root, path))
  }
}

export type ImageOptions = Readonly<{
  name: string
  root: string
  entry?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Lines of /etc/passwd; there is always a nobody. */
  users?: readonly string[]
  /** uid:gid that it runs as; root if absent, as in a base image. */
  user?: string
  docker: NodeJS.ProcessEnv
}>

/** Makes an image of a folder. */
export async function importImage({
  name,
  root,
  entry,
  env = {},
  users = [],
  user,
  docker,
}: ImageOptions): Promise<void> {
  await mkdir(join(root, 'tmp'), { recursive: true })
  await chmod(join(root, 'tmp'), 0o1777)
  await mkdir(join(root, 'etc'), { recursive: true })
  const passwd = ['root:x:0:0::/:/bin/sh', ...users, `nobody:x:${NOBODY}:${NOBODY}::/tmp:/bin/sh`]
  await writeFile(join(root, 'etc', 'passwd'), `${passwd.join('\n')}\n`)
  await made('tar', ['-C', root, '--numeric-owner', '--owner=0', '--group=0', '-cf', `${root}.tar`, '.'])
  const changes = [
    ...Object.entries(env).map(([key, value]) => `ENV ${key}=${value}`),
    ...(entry ? [`ENTRYPOINT ${JSON.stringify(entry)}`] : []),
    ...(user === undefined ? [] : [`USER ${user}`, 'WORKDIR /tmp']),
  ]
  const words = changes.flatMap((change) => ['--change', change])
  await made('docker', ['import', ...words, `${root}.tar`, name], docker)
}
