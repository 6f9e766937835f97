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

/** Groups that leave half of the cores idle run beside another: what they print is shown when they have ended. */
const BESIDE: Readonly<Record<string, string>> = { interop: 'swarm', browser: 'chart' }

/** Files of a group at a time, where it is not two: half of what unit tests take is waiting for what does not answer. */
const WORKERS: Readonly<Record<string, number>> = { unit: 4 }

const HELP = `npm test [-- GROUP…] [-- --long]

Groups: check, ${Object.keys(GROUPS).join(', ')}. Without one: all of them.
${CONTAINERS}: those integration tests that can, once more on the images that P2PMSG_TEST_DOCKER names.
--long  the big numbers: 10^6 inputs, kill storms and the like (npm run test:long)
NATS_URL and POSTGRES_URL name servers to use instead of our own.
`

/** A group, and those beside it, of which each tells what it did when all have ended. */
async function runGroup(name: string, folder: string, beside: readonly string[] = []): Promise<Counts[]> {
  const texts = new Map(beside.map((other) => [other, '']))
  const others = beside.map((other) => runAlone(other, folder, (text) => texts.set(other, text)))
  heading(name)
  const ended = [await runAlone(name, folder), ...(await Promise.all(others))]
  for (const { name: ran, counts, minutes } of ended) {
    if (ran !== name) heading(`${ran}, beside ${name}`)
    process.stdout.write(texts.get(ran) ?? '')
    const { passed, failed, skipped } = counts
    process.stdout.write(
      `${ran}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${minutes.toFixed(1)} of ${MINUTES[ran]} minutes\n`,
    )
  }
  return ended.map(({ counts }) => counts)
}

type Ended = Readonly<{ name: string; counts: Counts; minutes: number }>

async function runAlone(name: string, folder: string, onPrinted?: (text: string) => void): Promise<Ended> {
  const report = join(folder, `${name}.json`)
  const started = Date.now()
  const words = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    name,
    '--passWithNoTests',
    ...(WORKERS[name] ? [`--maxWorkers=${WORKERS[name]}`] : []),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const code = await runStep(process.execPath, words, onPrinted)
  const counts = await readCounts(report)
  // A run that broke outside any test fails too: an error in a set-up, a worker that died.
  if (code !== 0 && counts.failed === 0) counts.failed = 1
  return { name, counts, minutes: (Date.now() - started) / 60_000 }
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
  const chosen = Object.keys(MINUTES).filter(wanted)
  const together = (name: string) => chosen.filter((other) => BESIDE[other] === name)
  for (const name of chosen.filter((one) => !chosen.includes(BESIDE[one] ?? ''))) {
    for (const counts of await runGroup(name, folder, together(name))) add(counts)
  }
  if (wanted(CONTAINERS)) {
    for (const [file, why] of Object.entries(NOT_IN_CONTAINERS))
      process.stdout.write(`${file}: not in containers, ${why}\n`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
process.exitCode = total.failed > 0 ? 1 : 0
