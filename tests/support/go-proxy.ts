// A Go module proxy in a folder (https://go.dev/ref/mod#goproxy-protocol), with one module of one program.
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'

/** @param main the source of its `main.go` @returns the value for GOPROXY */
export async function aGoProxy(folder: string, module: string, version: string, main: string): Promise<string> {
  const goMod = `module ${module}\n\ngo 1.20\n`
  const prefix = `${module}@${version}`
  const at = join(folder, module, '@v', version)
  await mkdir(dirname(at), { recursive: true })
  await writeFile(join(dirname(at), 'list'), `${version}\n`)
  await writeFile(`${at}.info`, JSON.stringify({ Version: version }))
  await writeFile(`${at}.mod`, goMod)
  await writeFile(`${at}.zip`, zipOf({ [`${prefix}/go.mod`]: goMod, [`${prefix}/main.go`]: main }))
  return `file://${folder}`
}

/** Stored, not compressed; fields as in PKWARE's APPNOTE.TXT §4.3, those that are 0 left so. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const [path, text] of Object.entries(files)) {
    const [name, content] = [Buffer.from(path), Buffer.from(text)]
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0) // version needed
    shared.writeUInt32LE(crc32(content), 10)
    shared.writeUInt32LE(content.length, 14)
    shared.writeUInt32LE(content.length, 18)
    shared.writeUInt16LE(name.length, 22)
    const central = Buffer.alloc(46)
    central.write('PK\x01\x02', 'latin1')
    shared.copy(central, 6)
    central.writeUInt32LE(offset, 42)
    directory.push(central, name)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared, name, content])
    locals.push(local)
    offset += local.length
  }
  const entries = Object.keys(files).length
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries, 8)
  end.writeUInt16LE(entries, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}
