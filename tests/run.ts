/** `npm test`: the checks, then every group of tests; the last line counts all of them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Counts, check } from './check.ts'
import { NOT_IN_CONTAINERS } from './not-in-containers.ts'
import { heading, runStep } from './steps.ts'

/** The groups and what each may take on two cores, minutes. */
const GROUPS: Readonly<Record<string, number>> = {
  unit: 1,
  integration: 4,
  interop: 2,
  swarm: 3,
  chaos: 4,
  browser: 2,
  chart: 2,
}
/** Only when asked for: the integration tests that can, with NATS and Postgres in the containers of P2PMSG_TEST_DOCKER. */
const CONTAINERS = 'containers'
const MINUTES: Readonly<Record<string, number>> = { ...GROUPS, [CONTAINERS]: 4 }

const HELP = `npm test [-- GROUP…] [-- --long]

Groups: check, ${Object.keys(GROUPS).join(', ')}. Without one: all of them.
${CONTAINERS}: those integration tests that can, once more on the images that P2PMSG_TEST_DOCKER names.
--long  the big numbers: 10^6 inputs, kill storms and the like (npm run test:long)
NATS_URL and POSTGRES_URL name servers to use instead of our own.
`

async function runGroup(name: string, folder: string): Promise<Counts> {
  const report = join(folder, `${name}.json`)
  const started = Date.now()
  heading(name)
  const code = await runStep(process.execPath, [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    name,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  const counts = await readCounts(report)
  // A run that broke outside any test fails too: an error in a set-up, a worker that died.
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  const minutes = ((Date.now() - started) / 60_000).toFixed(1)
  process.stdout.write(
    `${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${minutes} of ${MINUTES[name]} minutes\n`,
  )
  return counts
}

async function readCounts(report: string): Promise<Counts> {
  const text = await readFile(report, 'utf8').catch(() => '{}')
  const json = JSON.parse(text) as {
    numPassedTests?: number
    numFailedTests?: number
    numFailedTestSuites?: number
    numPendingTests?: number
  }
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests: skipped = 0 } = json
  return { passed, failed: numFailedTests, skipped }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
})
const unknown = positionals.filter((name) => name !== 'check' && !(name in MINUTES))
if (values.help || unknown.length > 0) {
  process.stdout.write(unknown.length > 0 ? `no such group: ${unknown.join(', ')}\n\n${HELP}` : HELP)
  process.exit(unknown.length > 0 ? 2 : 0)
}
if (values.long) process.env.P2PMSG_LONG = '1'
const wanted = (name: string) => positionals.includes(name) || (positionals.length === 0 && name !== CONTAINERS)
const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-test-'))
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const add = (counts: Counts) => {
  total.passed += counts.passed
  total.failed += counts.failed
  total.skipped += counts.skipped
}
try {
  if (wanted('check')) add(await check())
  for (const name of Object.keys(MINUTES)) if (wanted(name)) add(await runGroup(name, folder))
  if (wanted(CONTAINERS)) {
    for (const [file, why] of Object.entries(NOT_IN_CONTAINERS))
      process.stdout.write(`${file}: not in containers, ${why}\n`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0
