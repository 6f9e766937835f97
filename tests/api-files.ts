// Writes what is generated from the description of render-api at /openapi.json: the description itself and the client's types.
// A test fails when either is stale.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startStack } from '@p2pmsg/local'
import openapiTS, { astToString } from 'openapi-typescript'
import { ROOT } from './steps.ts'

const API = join(ROOT, 'libs', 'client', 'src', 'api')
const HEAD = '// Generated from openapi.json by `./p2pmsg run api-files`: not written by hand.\n\n'

/** The generated files and what they must hold. @param description as a service gives it, wherever that is reached */
export async function apiFiles(description: string): Promise<ReadonlyMap<string, string>> {
  const document: object = { ...JSON.parse(description), servers: [{ url: '/' }] }
  const types = await openapiTS(JSON.stringify(document), { alphabetize: true })
  return new Map([
    [join(API, 'openapi.json'), `${JSON.stringify(document, undefined, 2)}\n`],
    [join(API, 'openapi.ts'), HEAD + astToString(types)],
  ])
}

/** From a service as `npm start` runs it. */
async function descriptionOfLocalStack(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-api-'))
  try {
    await using stack = await startStack({ folder, ownServers: true })
    return await (await fetch(`${stack.renderUrls[0]}/openapi.json`)).text()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main)
  for (const [file, text] of await apiFiles(await descriptionOfLocalStack())) await writeFile(file, text)
