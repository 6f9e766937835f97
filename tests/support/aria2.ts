import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bencode } from '@p2pmsg/protocol'

const PIECE_BYTES = 16_384

/** Why there is no aria2 here; undefined where there is. */
export async function aria2Missing(): Promise<string | undefined> {
  const child = spawn('aria2c', ['--version'], { stdio: 'ignore' })
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(undefined)))
  return code === 0 ? undefined : `Debian's aria2 is not installed`
}

export type Torrent = Readonly<{ name: string; content: Uint8Array; bytes: Uint8Array; infoHash: Uint8Array }>

/** A torrent of one file and one piece (BEP 3), without a tracker: who wants it has the DHT alone. */
export function aTorrent(): Torrent {
  const [name, content] = [`${randomBytes(4).toString('hex')}.txt`, randomBytes(1000)]
  const pieces = createHash('sha1').update(content).digest()
  const info = { length: content.length, name, 'piece length': PIECE_BYTES, pieces }
  const infoHash = createHash('sha1').update(bencode(info)).digest()
  return { name, content, bytes: bencode({ info }), infoHash }
}

/** An aria2 that knows one DHT node and nothing else, on a loopback address and in a folder of its own. */
export class Aria2 implements AsyncDisposable {
  readonly folder: string
  readonly #child: ChildProcess

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder
    this.#child = child
  }

  /** @param entry host:port of the DHT node @param what a torrent that it has and gives, or an info hash that it looks for */
  static async start(host: string, entry: string, what: Torrent | Uint8Array): Promise<Aria2> {
    const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-aria2-'))
    const words = [
      '--no-conf --quiet --enable-dht=true --enable-dht6=false --bt-enable-lpd=false --enable-peer-exchange=false',
      '--disable-ipv6=true --check-integrity=true --seed-ratio=0 --follow-torrent=mem --bt-save-metadata=false',
      // the address is its own alone, so is every port there
      `--interface=${host} --dht-listen-port=20000-29999 --listen-port=30000-39999 --dht-entry-point=${entry}`,
      `--dht-file-path=${folder}/dht.dat --dir=${folder}`,
    ].flatMap((line) => line.split(' '))
    if (what instanceof Uint8Array) words.push(`magnet:?xt=urn:btih:${Buffer.from(what).toString('hex')}`)
    else {
      await writeFile(join(folder, what.name), what.content)
      await writeFile(join(folder, 'this.torrent'), what.bytes)
      words.push(join(folder, 'this.torrent'))
    }
    return new Aria2(folder, spawn('aria2c', words, { stdio: 'ignore' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGKILL') // a session that ends by itself first says goodbye to its peers
    await ended
    await rm(this.folder, { recursive: true })
  }
}
