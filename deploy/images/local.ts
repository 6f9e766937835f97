// Images made of what this machine has: the base of the services' own, nats-server and Postgres. They behave like the official ones
// as far as the chart and the tests use those.
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findNats, postgresBinaries, thisMachine } from '../local/src/index.ts'
import { importImage, made, withLibraries } from './rootfs.ts'

export const LOCAL_IMAGES = { base: 'p2pmsg-base', nats: 'p2pmsg-test-nats', postgres: 'p2pmsg-test-postgres' } as const
/** As in the official Postgres image on Debian; initdb wants a name for whoever runs it. */
const POSTGRES_USER = 'postgres:x:999:999::/tmp:/bin/sh'
const NOBODY = '65534:65534' // neither server runs as root

/** As the official image does it, with the shell's own commands alone: there are no others in the image. */
const POSTGRES_ENTRY = `#!/bin/sh
set -eu
umask 077
data=\${PGDATA:-/tmp/data}
if [ ! -s "$data/PG_VERSION" ]; then
  if [ -n "\${POSTGRES_PASSWORD_FILE:-}" ]; then read -r POSTGRES_PASSWORD < "$POSTGRES_PASSWORD_FILE" || [ -n "$POSTGRES_PASSWORD" ]; fi
  printf '%s\\n' "$POSTGRES_PASSWORD" > /tmp/password
  /postgres/bin/initdb --pgdata="$data" --username=postgres --pwfile=/tmp/password --auth=scram-sha-256 \\
    --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8
  printf 'host all all all scram-sha-256\\n' >> "$data/pg_hba.conf"
  if [ -n "\${POSTGRES_DB:-}" ]; then
    printf 'CREATE DATABASE %s;\\n' "$POSTGRES_DB" | /postgres/bin/postgres --single -D "$data" postgres
  fi
fi
# As the official entry: arguments are the server's, with or without its name before them.
if [ "\${1:-}" = postgres ]; then shift; fi
/postgres/bin/postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories= -c max_connections=200 "$@" &
# The official image is stopped by SIGINT: sessions are ended. An imported one gets SIGTERM, which would wait for them.
trap 'kill -INT $!' TERM INT
wait $! || wait $!
`

/** Where certificates of a registry's proxy may be, on the usual systems. */
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt'

/** Node 24 as it runs us, npm, and what both need: enough to build the services' images on. */
async function baseImage(folder: string, docker: NodeJS.ProcessEnv): Promise<void> {
  const root = join(folder, 'base')
  const local = join(root, 'usr', 'local')
  await mkdir(join(local, 'bin'), { recursive: true })
  await cp(process.execPath, join(local, 'bin', 'node'))
  await withLibraries(process.execPath, root)
  const npm = await npmFolder()
  await cp(npm, join(local, 'lib', 'node_modules', 'npm'), { recursive: true, dereference: true })
  const authorities = await readFile(CERTIFICATES).catch(() => undefined)
  if (authorities) {
    await mkdir(join(root, dirname(CERTIFICATES)), { recursive: true })
    await writeFile(join(root, CERTIFICATES), authorities)
  }
  const env = { PATH: '/usr/local/bin', ...(authorities && { NODE_EXTRA_CA_CERTS: CERTIFICATES }) }
  await importImage({ name: LOCAL_IMAGES.base, root, env, docker })
}

/** @throws {Error} there is no npm beside any Node on PATH */
async function npmFolder(): Promise<string> {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    const npm = await realpath(join(folder, 'npm')).catch(() => undefined) // …/npm/bin/npm-cli.js
    if (npm?.endsWith('npm-cli.js')) return dirname(dirname(npm))
  }
  throw new Error('no npm on PATH, and the images are installed with it')
}

async function natsImage(folder: string, docker: NodeJS.ProcessEnv): Promise<void> {
  const found = await findNats({ ...thisMachine(), env: { ...process.env, NATS_URL: undefined } })
  if (found.kind !== 'binary') throw new Error('NATS_URL was taken away')
  const root = join(folder, 'nats')
  await mkdir(root)
  await cp(found.path, join(root, 'nats-server'))
  await withLibraries(found.path, root)
  await importImage({ name: LOCAL_IMAGES.nats, root, entry: ['/nats-server'], user: NOBODY, docker })
}

async function postgresImage(folder: string, docker: NodeJS.ProcessEnv): Promise<void> {
  const { postgres, initdb } = await postgresBinaries()
  const root = join(folder, 'postgres')
  await mkdir(join(root, 'bin'), { recursive: true })
  const home = dirname(dirname(await realpath(postgres)))
  await cp(home, join(root, 'postgres'), { recursive: true, verbatimSymlinks: true })
  await cp(await realpath('/bin/sh'), join(root, 'bin', 'sh')) // initdb asks the server for its version through a shell
  for (const program of [postgres, initdb, '/bin/sh']) await withLibraries(program, root)
  const data = join(root, 'var', 'lib', 'postgresql') // a volume that is mounted here takes its rights from this folder
  await mkdir(data, { recursive: true })
  await chmod(data, 0o1777)
  await writeFile(join(root, 'entry'), POSTGRES_ENTRY)
  await chmod(join(root, 'entry'), 0o755)
  const users = [POSTGRES_USER]
  await importImage({
    name: LOCAL_IMAGES.postgres,
    root,
    entry: ['/entry'],
    users,
    user: NOBODY,
    docker,
  })
}

const MAKERS = { base: baseImage, nats: natsImage, postgres: postgresImage } as const

/** Makes the images asked for. @param docker the environment of the docker command, DOCKER_HOST above all */
export async function makeLocalImages(
  which: readonly (keyof typeof MAKERS)[],
  docker: NodeJS.ProcessEnv,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-images-'))
  try {
    for (const one of which) await MAKERS[one](folder, docker)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The services' images, and the command's, which sets up the cluster. */
const SERVICE_IMAGES = ['router', 'ingest', 'store', 'render-api', 'admin'] as const
const ROOT = dirname(dirname(import.meta.dirname))

export type BuildOptions = Readonly<{
  /** Name of the base image. */
  base: string
  /** What stands before each name, e.g. `p2pmsg/`. */
  prefix: string
  tag: string
  docker: NodeJS.ProcessEnv
}>

/** Builds all five by the Dockerfile. @returns their names by service */
export async function buildServiceImages(options: BuildOptions): Promise<Record<string, string>> {
  const { base, prefix, tag, docker } = options
  const names: Record<string, string> = {}
  for (const service of SERVICE_IMAGES) {
    const name = `${prefix}${service}:${tag}`
    const settings = ['--build-arg', `BASE=${base}`, '--build-arg', `SERVICE=${service}`]
    const target = service === 'admin' ? 'admin' : 'service'
    // The host's network, because a private engine may have no other; the registry is asked from there.
    await made('docker', ['build', '--network=host', ...settings, '--target', target, '-t', name, ROOT], docker)
    names[service] = name
  }
  return names
}
