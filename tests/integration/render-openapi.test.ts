// Proves that the description of the service at /openapi.json is well formed by the rules of others, and that the client is made of it.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { apiFiles } from '../api-files.ts'
import { RenderBench, type RenderService } from '../support/render-bench.ts'

const CLI = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js')
/** Beyond the recommended rules nothing is switched off but what a public, read-only service has no use for. */
// JSON is YAML, and YAML is what the linter wants.
const RULES = JSON.stringify({
  extends: ['recommended-strict'],
  rules: { 'security-defined': 'off', 'no-server-example.com': 'off', 'operation-4xx-response': 'off' },
})

let bench: RenderBench
let folder: string
let service: RenderService

beforeAll(async () => {
  bench = await RenderBench.start()
  service = await bench.renderApi({ publicUrl: 'https://feeds.example.org' })
  folder = await mkdtemp(join(tmpdir(), 'p2pmsg-openapi-'))
})
afterAll(async () => {
  await bench[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('a linter of others finds nothing in the description of the service', async () => {
  const [document, config] = [join(folder, 'openapi.json'), join(folder, 'redocly.yaml')]
  await writeFile(document, await (await fetch(`${service.url}/openapi.json`)).text())
  await writeFile(config, RULES)
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
  const args = [CLI, 'lint', document, '--config', config, '--format', 'json']
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, cwd: folder }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  )
  const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { problems: { ruleId: string; message: string }[] }
  expect(report.problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([])
})

test('the client is generated from this very description: else `./p2pmsg run api-files` writes it again', async () => {
  const description = await (await fetch(`${service.url}/openapi.json`)).text()
  for (const [file, text] of await apiFiles(description)) expect(await readFile(file, 'utf8'), file).toBe(text)
})
