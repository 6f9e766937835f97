// One Postgres for all test files of a run, which make their databases on it. Named as `globalSetup` in vitest.config.ts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Postgres } from '@p2pmsg/local'
import type { TestProject } from 'vitest/node'
import { aPostgresContainer } from './containers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Postgres on which the tests may make databases, as a user who may. */
    postgresUrl: string
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env.POSTGRES_URL) {
    project.provide('postgresUrl', process.env.POSTGRES_URL)
    return async () => undefined
  }
  const inContainer = await aPostgresContainer()
  if (inContainer) {
    project.provide('postgresUrl', inContainer.url)
    return () => inContainer.container.stop().then(() => undefined)
  }
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-postgres-'))
  // Sync stays on: what the tests say about crashes is said of the server as it runs in earnest.
  const server = await Postgres.start({ folder, settings: { max_connections: '200' } })
  project.provide('postgresUrl', server.url())
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
