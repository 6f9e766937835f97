/** `npm run bench:edge`: what each dialect of the edge costs, one bench after the other; their options are in each file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const DIALECTS = ['dht', 'telex', 'pipe']

for (const dialect of DIALECTS) {
  const file = fileURLToPath(new URL(`./${dialect}.ts`, import.meta.url))
  process.stdout.write(`\n── ${dialect}\n`)
  const child = spawn(process.execPath, [file], { stdio: 'inherit' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) process.exitCode = 1
}
