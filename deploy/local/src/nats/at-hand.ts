import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { broughtBinary, examine, none, type Step } from './step.ts'

const FOLDERS_MAX = 200 // of PATH

/** A server that runs elsewhere, with JetStream: NATS_URL. */
export const external: Step = {
  name: 'NATS_URL',
  find: async ({ env }) => (env.NATS_URL ? { kind: 'external', url: env.NATS_URL } : none('it is not set')),
}

/** The first nats-server on PATH, if it is new enough. */
export const onPath: Step = {
  name: 'PATH',
  find: async ({ env }) => {
    for (const folder of (env.PATH ?? '').split(delimiter).slice(0, FOLDERS_MAX)) {
      const path = join(folder, 'nats-server')
      if (folder !== '' && (await isProgram(path))) return examine(path)
    }
    return none('there is no nats-server on it')
  },
}

/** What an earlier start brought, or a person put there. */
export const brought: Step = { name: '.p2pmsg/bin', find: (machine) => examine(broughtBinary(machine)) }

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
