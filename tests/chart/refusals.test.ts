// Proves that values which cannot work stop the render: every rule of the schema once, every cross-check with its sentence.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  CHART,
  HOST_NETWORK,
  helm,
  merged,
  PER_POD,
  PRODUCTION,
  render,
  type Values,
  valuesAt,
} from '../support/chart.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'
import { breaches, key, rounds, type Schema, together } from '../support/schema-breaker.ts'

const schema = JSON.parse(await readFile(join(CHART, 'values.schema.json'), 'utf8')) as Schema
const templates = await readFile(join(CHART, 'templates', '_checks.tpl'), 'utf8')

/** Values that contradict each other, and what is said about it. */
const CONTRADICTIONS: readonly (readonly [why: RegExp, values: Values])[] = [
  [/nats: either bundled\.enabled or external/, valuesAt('nats.external.existingSecret', 'urls')],
  [/nats: without the bundled NATS/, valuesAt('nats.bundled.enabled', false)],
  [/postgres: either bundled\.enabled or external/, valuesAt('postgres.external.existingSecret', 'database')],
  [/postgres: without the bundled Postgres/, valuesAt('postgres.bundled.enabled', false)],
  [/secrets\.generate is off, and the bundled/, valuesAt('secrets.generate', false)],
  [/secrets\.generate is off: secrets\.cluster/, merged(PRODUCTION, valuesAt('secrets.cluster.existingSecret', ''))],
  [/trialReceiver takes a generated key/, merged(PRODUCTION, valuesAt('trialReceiver.enabled', true))],
  [/streams\.replicas is 3, and there are 1 servers/, valuesAt('nats.bundled.replicas', 1)],
  [/router\.drain\.gracePeriodSeconds is 39: .* make 40/, valuesAt('router.drain.gracePeriodSeconds', 39)],
  [/ingest\.drain\.gracePeriodSeconds/, valuesAt('ingest.drain.seconds', 36)],
  [/store\.drain\.gracePeriodSeconds/, valuesAt('store.drain.preStopSeconds', 10)],
  [/renderApi\.drain\.gracePeriodSeconds/, valuesAt('renderApi.drain.gracePeriodSeconds', 1)],
  [
    /store: 9 replicas and one .* make 85: postgres\.maxConnections is 84/,
    { store: { replicas: 9 }, postgres: { maxConnections: 84 } },
  ],
  [/it signs the messages of one receiver/, valuesAt('router.settings.legacyKey.existingSecret', 'telex')],
  [/joining the DHT needs perPodService or hostNetwork/, valuesAt('router.settings.bootstrap', ['a:1'])],
  [/with sharedService all replicas are one node/, valuesAt('router.edge.advertise.hosts', ['a', 'b'])],
  [
    /perPodService needs one host for all replicas or one for each of the 2; there are 0/,
    merged(PER_POD, valuesAt('router.edge.advertise.hosts', [])),
  ],
  [/perPodService needs NodePort or LoadBalancer/, merged(PER_POD, valuesAt('router.edge.service.type', 'ClusterIP'))],
  [/32767 to 32768 are not all within/, merged(PER_POD, valuesAt('router.edge.service.nodePort', 32_767))],
  [/0 to 1 are not all within/, merged(PER_POD, valuesAt('router.edge.service.nodePort', 0))],
  [/each replica's port is its node port/, merged(PER_POD, valuesAt('router.edge.advertise.port', 1))],
  [
    /hostNetwork takes none .* or one for each of the 3 replicas; there are 1/,
    merged(HOST_NETWORK, valuesAt('router.edge.advertise.hosts', ['a'])),
  ],
  [/hostNetwork needs a namespace that allows privileged pods/, merged(HOST_NETWORK, valuesAt('router.namespace', ''))],
  [
    /the bundled NATS lets in only networks that are named/,
    { router: { edge: { mode: 'hostNetwork', hostNetwork: { inReleaseNamespace: true } } } },
  ],
  [
    /it needs the mode sharedService/,
    merged(PER_POD, { router: { edge: { gateway: { enabled: true, parentRefs: [{ name: 'udp' }] } } } }),
  ],
  [/a UDPRoute belongs to a Gateway/, valuesAt('router.edge.gateway.enabled', true)],
  [/Secrets are not shared between namespaces/, valuesAt('router.namespace', 'edge')],
  [
    /lead to routers in the release's namespace/,
    merged(HOST_NETWORK, { ingress: { enabled: true, host: 'feeds.example.org' } }),
  ],
  [
    /two of them are called news/,
    {
      receivers: [
        { name: 'news', record: 'abc' },
        { name: 'news', record: 'abc' },
      ],
    },
  ],
  [/news needs either a record .* or a keySecret/, { receivers: [{ name: 'news' }] }],
  [/the record of news looks like a key in hex/, { receivers: [{ name: 'news', record: 'Ab'.repeat(32) }] }],
  [
    /the list is 11\d{5} bytes, and a ConfigMap of Kubernetes holds 1048576/,
    { receivers: Array.from({ length: 1000 }, (_, i) => ({ name: `number ${i}`, record: 'x'.repeat(1100) })) },
  ],
  [/an Ingress for every name/, valuesAt('ingress.enabled', true)],
  [/an HTTPRoute belongs to a Gateway/, valuesAt('httpRoute.enabled', true)],
]

const tools = await chartTools()
if (typeof tools === 'string') test.skipIf(tools)(`refusals: not run, ${tools}`, () => undefined)
else theRefusals(tools)

function theRefusals(tools: ChartTools): void {
  const rounded = rounds([...breaches(schema)])

  test.each(rounded.map((round, i) => [i + 1, round.length, round] as const))(
    'rules of the schema, round %i: each of %i breaches is complained of',
    async (_i, _count, round) => {
      const rendered = await helm(tools, ['template', 'demo', CHART], together(round))
      expect(rendered.code).not.toBe(0)
      for (const { path, rule } of round) {
        const place = rule === 'additionalProperties' ? path.slice(0, -1) : path
        const complained = rendered.stderr.split('\n').filter((line) => line.includes(`at '${key(place)}'`))
        expect([key(path), rule, complained.length > 0]).toEqual([key(path), rule, true])
      }
    },
  )

  const said: string[] = []
  describe('contradictions', { concurrent: true }, () => {
    test.each(CONTRADICTIONS)('%s', async (why, values) => {
      const { code, stderr } = await helm(tools, ['template', 'demo', CHART], values)
      said.push(stderr)
      expect(code).not.toBe(0)
      expect(stderr).toMatch(why)
    })
  })

  test('there is a contradiction for each sentence of the cross-checks', () => {
    const sentences = [...templates.matchAll(/fail (?:\(printf )?"([^"]+)"/g)].map(([, text = '']) => text)
    expect(sentences.length).toBeGreaterThan(20)
    const parts = (sentence: string) => sentence.split(/%[ds]/)
    const unproved = sentences.filter(
      (sentence) => !said.some((text) => parts(sentence).every((part) => text.includes(part))),
    )
    expect(unproved).toEqual([])
  })

  test('the cases that these start from are fine', async () => {
    for (const values of [PRODUCTION, PER_POD, HOST_NETWORK])
      expect((await render(tools, values)).length).toBeGreaterThan(10)
  })
}
