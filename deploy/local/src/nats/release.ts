import { createHash } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { broughtBinary, examine, type Found, type Machine, none, type Step } from './step.ts'
import { fileInTar } from './tar.ts'

export const RELEASE_VERSION = '2.14.0'
const RELEASES = 'https://github.com/nats-io/nats-server/releases/download'
const ARCHIVE_BYTES_MAX = 32 * 1024 * 1024 // the archives are 6–7 MB
const UNPACKED_BYTES_MAX = 128 * 1024 * 1024 // the server is 20 MB
const DOWNLOAD_MS = 120_000

/** SHA-256 of the official archives, as SHA256SUMS of the release lists them. */
const PINNED: Readonly<Record<string, Readonly<{ target: string; sha256: string }>>> = {
  'linux-x64': { target: 'linux-amd64', sha256: '3d8b74dfad39af184c765a6dd120441ed1c648d6672eddf6b304f222661251b8' },
  'linux-arm64': { target: 'linux-arm64', sha256: 'ce7dc5f7d97b70dabc38b13157fed28d7d06227860676143c15c62c5c297996c' },
  'darwin-x64': { target: 'darwin-amd64', sha256: 'c307afaa5810dea24bfe5bb0cd895ddc7c47946f359823336ef3be1a41bdddfa' },
  'darwin-arm64': {
    target: 'darwin-arm64',
    sha256: '36f28cf166e5ae5dd88d700a609c810b97ffad641e0c51b49cf8fae25fb3fac7',
  },
}

/**
 * The official release archive, checked against the pinned hash.
 * P2PMSG_NATS_RELEASE_URL names a mirror's folder that holds the same archive; with P2PMSG_NATS_RELEASE_SHA256 (64 hex digits)
 * it may hold another build, which the person then answers for.
 */
export const release: Step = { name: 'the official release', find: bringRelease }

async function bringRelease(machine: Machine): Promise<Found> {
  const { env, platform, arch } = machine
  const pinned = PINNED[`${platform}-${arch}`]
  if (!pinned) return none(`there is no archive for ${platform}-${arch}`)
  const archive = `nats-server-v${RELEASE_VERSION}-${pinned.target}.tar.gz`
  const url = `${(env.P2PMSG_NATS_RELEASE_URL ?? `${RELEASES}/v${RELEASE_VERSION}`).replace(/\/+$/, '')}/${archive}`
  machine.say(`fetching nats-server ${RELEASE_VERSION} from ${new URL(url).host} …`)
  const bytes = await download(url)
  if (typeof bytes === 'string') return none(`${url}: ${bytes}`)
  const hash = createHash('sha256').update(bytes).digest('hex')
  const expected = (env.P2PMSG_NATS_RELEASE_SHA256 ?? pinned.sha256).toLowerCase()
  if (hash !== expected) return none(`${url} has SHA-256 ${hash}, expected ${expected}: it was not used`)
  const program = unpack(bytes)
  if (!program) return none(`${url} holds no nats-server`)
  const path = broughtBinary(machine)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.${process.pid}`, program, { mode: 0o755 })
  await rename(`${path}.${process.pid}`, path)
  return examine(path)
}

/** The body, or why there is none. */
async function download(url: string): Promise<Buffer | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_MS) })
    if (!response.ok || !response.body) return `the answer was ${response.status}`
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body) {
      size += chunk.length
      if (size > ARCHIVE_BYTES_MAX) return `more than ${ARCHIVE_BYTES_MAX} bytes`
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? cause.message || cause.name : String(cause)
  }
}

function unpack(archive: Buffer): Buffer | undefined {
  try {
    return fileInTar(gunzipSync(archive, { maxOutputLength: UNPACKED_BYTES_MAX }), 'nats-server')
  } catch {
    return undefined
  }
}
