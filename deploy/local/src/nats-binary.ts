import { apt } from './nats/apt.ts'
import { brought, external, onPath } from './nats/at-hand.ts'
import { goInstall } from './nats/go.ts'
import { release } from './nats/release.ts'
import type { Found, Machine, Step } from './nats/step.ts'
import { NATS_MINIMUM, versionText } from './nats/version.ts'
import { Trouble } from './trouble.ts'

/** The ways to a nats-server, cheapest and most deliberate first. */
const NATS_STEPS: readonly Step[] = [external, onPath, brought, release, apt, goInstall]

/**
 * The first step that has a server.
 * @throws {Trouble} naming what each step lacked, and the ways out
 */
export async function findNats(machine: Machine, steps = NATS_STEPS): Promise<Exclude<Found, { kind: 'none' }>> {
  const reasons: string[] = []
  for (const step of steps) {
    const found = await step.find(machine)
    if (found.kind !== 'none') return found
    reasons.push(`  ${step.name}: ${found.why}`)
  }
  const minimum = versionText(NATS_MINIMUM)
  throw new Trouble(
    [
      `no nats-server ${minimum} or newer was found or could be brought:`,
      ...reasons,
      'Any one of these will do:',
      '  install it (macOS: brew install nats-server; others: https://nats.io/download) so that it is on PATH',
      `  put the program at ${machine.home}/bin/nats-server`,
      '  NATS_URL=nats://user:password@host:4222 npm start, for a server with JetStream that runs elsewhere',
      '  P2PMSG_NATS_RELEASE_URL=https://your.mirror/folder npm start, for a copy of the official archive',
    ].join('\n'),
    69,
  )
}
