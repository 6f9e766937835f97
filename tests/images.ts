// Makes the two images that the integration tests run on through testcontainers, out of what this machine has: nothing is
// pulled. `./p2pmsg run images` prints the line to put before `npm test`.
import { chmod, cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findNats, lastLine, postgresBinaries, runCommand, thisMachine } from '@p2pmsg/local'

const COMMAND_MS = 5 * 60_000
const NATS_IMAGE = 'p2pmsg-test-nats'
const POSTGRES_IMAGE = 'p2pmsg-test-postgres'
const NOBODY = 65_534 // neither server runs as root

/** As the official image does it, with the shell's own commands alone: there are no others in the image. */
const POSTGRES_ENTRY = `#!/bin/sh
set -eu
umask 077
printf '%s\\n' "$POSTGRES_PASSWORD" > /tmp/password
/postgres/bin/initdb --pgdata=/tmp/data --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 \\
  --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
printf 'host all all all scram-sha-256\\n' >> /tmp/data/pg_hba.conf
exec /postgres/bin/postgres -D /tmp/data -c listen_addresses='*' -c unix_socket_directories= -c max_connections=200
`

async function made(command: string, args: readonly string[], cwd: string): Promise<string> {
  const outcome = await runCommand(command, args, { cwd, timeoutMs: COMMAND_MS })
  if (outcome.code !== 0) throw new Error(`${command} ${args[0]}: ${lastLine(outcome)}`)
  return outcome.stdout
}

/** Copies a program's shared libraries, and the loader, to the places where it looks for them. */
async function withLibraries(program: string, root: string): Promise<void> {
  const { stdout } = await runCommand('ldd', [program], { timeoutMs: COMMAND_MS }) // fails on a static one, which needs none
  const paths = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].flatMap(([, path]) => (path ? [path] : []))
  for (const path of paths.filter((one) => !one.includes('/native/'))) {
    await mkdir(join(root, dirname(path)), { recursive: true })
    await cp(await realpath(path), join(root, path))
  }
}

async function importImage(image: string, root: string, entry: readonly string[]): Promise<void> {
  await mkdir(join(root, 'tmp'))
  await chmod(join(root, 'tmp'), 0o1777)
  await mkdir(join(root, 'etc'), { recursive: true })
  await writeFile(join(root, 'etc', 'passwd'), `nobody:x:${NOBODY}:${NOBODY}::/tmp:/bin/sh\n`)
  await made('tar', ['--numeric-owner', '--owner=0', '--group=0', '-cf', `${root}.tar`, '.'], root)
  const changes = [`ENTRYPOINT ${JSON.stringify(entry)}`, `USER ${NOBODY}:${NOBODY}`, 'WORKDIR /tmp']
  await made('docker', ['import', ...changes.flatMap((change) => ['--change', change]), `${root}.tar`, image], root)
}

async function natsImage(folder: string): Promise<void> {
  const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (found.kind !== 'binary') throw new Error('NATS_URL was taken away')
  const root = join(folder, 'nats')
  await mkdir(root)
  await cp(found.path, join(root, 'nats-server'))
  await withLibraries(found.path, root)
  await importImage(NATS_IMAGE, root, ['/nats-server'])
}

async function postgresImage(folder: string): Promise<void> {
  const { postgres, initdb } = await postgresBinaries()
  const root = join(folder, 'postgres')
  await mkdir(join(root, 'bin'), { recursive: true })
  await cp(dirname(dirname(await realpath(postgres))), join(root, 'postgres'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  await cp(await realpath('/bin/sh'), join(root, 'bin', 'sh')) // initdb asks the server for its version through a shell
  for (const program of [postgres, initdb, '/bin/sh']) await withLibraries(program, root)
  await writeFile(join(root, 'entry'), POSTGRES_ENTRY)
  await chmod(join(root, 'entry'), 0o755)
  await importImage(POSTGRES_IMAGE, root, ['/entry'])
}

const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-images-'))
try {
  await natsImage(folder)
  await postgresImage(folder)
  process.stdout.write(`P2PMSG_TEST_DOCKER=${NATS_IMAGE},${POSTGRES_IMAGE}\n`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
