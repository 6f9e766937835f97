// Writes what is generated for the chart: its README and the NATS users. A test fails when either is stale.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { composeNats, natsUsers } from '../deploy/helm/nats-users.ts'
import { chartReadme } from '../deploy/helm/values-readme.ts'
import { ROOT } from './steps.ts'

const CHART = join(ROOT, 'deploy', 'helm', 'p2pmsg')

/** The generated files and what they must hold. */
export async function chartFiles(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    [join(CHART, 'README.md'), chartReadme(await readFile(join(CHART, 'values.yaml'), 'utf8'))],
    [join(CHART, 'files', 'nats-users.conf'), natsUsers()],
    [join(ROOT, 'deploy', 'compose', 'nats.conf'), composeNats()],
  ])
}

if (import.meta.main) for (const [file, text] of await chartFiles()) await writeFile(file, text)
