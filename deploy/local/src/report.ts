import { toBase64Url } from '@p2pmsg/protocol'
import type { FirstMessage } from './first-message.ts'
import type { Stack } from './stack.ts'

const AT_WIDTH = 6 // digits of milliseconds

/** What a person wants to know of a stack that is up. */
export function report(stack: Stack, first: FirstMessage, startedMs: number): string {
  const stages = first.stages.map(({ what, atMs }) => `  ${String(atMs).padStart(AT_WIDTH)} ms  ${what}`)
  return [
    '',
    `p2pmsg is up after ${(startedMs / 1000).toFixed(1)} s. A first message went the whole way, through UDP:`,
    ...stages,
    '',
    `  id       ${first.id}`,
    `  receipt  ${toBase64Url(first.receipt)}`,
    `           ${first.durability}: ${MEANING[first.durability]}`,
    '',
    ...urls(stack),
    '',
    'In a second terminal:',
    '',
    "  ./p2pmsg send 'hello from a second terminal'",
    '',
    'Ctrl-C stops everything; the data stays.',
    '',
  ].join('\n')
}

const MEANING = {
  volatile: 'NATS had it in memory; a crash of that machine may lose it',
  synced: 'it was on disk before this receipt was signed',
  replicated: 'a majority of the NATS servers had it',
} as const

function urls(stack: Stack): string[] {
  const [router] = stack.routers
  const rows = [
    ['feed', stack.renderUrls[0]],
    ['API', stack.renderUrls[0] && `${stack.renderUrls[0]}/openapi.json`],
    ['messages', router && `udp://127.0.0.1:${stack.edgePort}, ${router.httpUrl}/v1/messages`],
    ['metrics', Object.values(stack.metricsUrls()).join(', ')],
    ['receiver', stack.receiver],
    ['logs', `${stack.folder}/logs`],
  ]
  return rows.flatMap(([name, value]) => (value ? [`  ${String(name).padEnd(8)} ${value}`] : []))
}
