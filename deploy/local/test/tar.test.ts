import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { runCommand } from '../src/command.ts'
import { fileInTar } from '../src/nats/tar.ts'

/** An archive as the machine's own tar writes it. */
async function aTar(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-tar-'))
  try {
    await mkdir(join(folder, 'release'))
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, 'release', name), content)
    const script = 'tar -czf all.tar.gz release && base64 all.tar.gz'
    const { code, stdout } = await runCommand('sh', ['-c', script], { cwd: folder, timeoutMs: 10_000 })
    if (code !== 0) throw new Error('tar failed')
    return gunzipSync(Buffer.from(stdout, 'base64'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('finds a file among others, whatever their sizes', async () => {
  const tar = await aTar({ LICENSE: 'x'.repeat(512), 'nats-server': 'the program', README: 'y'.repeat(513) })
  expect(fileInTar(tar, 'nats-server')?.toString()).toBe('the program')
  expect(fileInTar(tar, 'README')?.length).toBe(513)
  expect(fileInTar(tar, 'server')).toBeUndefined()
})

test('an archive that was cut short holds nothing', async () => {
  const tar = await aTar({ 'nats-server': 'z'.repeat(2_000) })
  expect(fileInTar(tar.subarray(0, 2_048), 'nats-server')).toBeUndefined()
})

test('any bytes are read to an end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4_096 }), (bytes) => {
      fileInTar(Buffer.from(bytes), 'nats-server')
    }),
  )
})
