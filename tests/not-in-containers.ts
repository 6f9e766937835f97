/**
 * Integration tests that have nothing to gain from NATS and Postgres in containers, and why; all others run there once more
 * (`npm test containers`). Single tests that kill a server ask for a process of their own (`ownProcess`, `aPostgres`).
 */
export const NOT_IN_CONTAINERS: Readonly<Record<string, string>> = {
  'bench-read.test.ts': 'it runs a bench, which starts a stack with its own servers',
  'launcher.test.ts': 'it tests what comes before any server',
  'local-nats-binary.test.ts': 'it tests how the program of the server is brought',
  'local-servers.test.ts': 'it tests the servers as processes',
  'local-stack.test.ts': 'it kills and restarts the servers of a stack',
  'settings.test.ts': 'it reads settings and asks no server',
  'store-outage.test.ts': 'it kills and restarts NATS and Postgres',
}
