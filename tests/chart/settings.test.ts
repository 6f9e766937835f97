// Proves that every setting of docs/settings.md can be set by a value of the chart, or is fixed there on purpose.
import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { merged, podsOf, render, type Values, valuesAt } from '../support/chart.ts'
import { EXAMPLES } from '../support/chart-examples.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'
import { settingsPage } from '../support/settings-page.ts'

/** A value of the chart, or why it has none. */
type Way = Readonly<{ value: string }> | Readonly<{ fixed: string }>
const by = (value: string): Way => ({ value })
const fixed = (why: string): Way => ({ fixed: why })

const SECRET = fixed('a file of a Secret that another value names')
const INSIDE = fixed('inside a pod it is nobody else’s; Services, Ingress and routes lead there')

const WAYS: Readonly<Record<string, Readonly<Record<string, Way>>>> = {
  'Every service': {
    P2PMSG_LOG_LEVEL: by('logLevel'),
    P2PMSG_METRICS_HOST: by('listenHost'),
    P2PMSG_METRICS_PORT: INSIDE,
    P2PMSG_DRAIN_SECONDS: by('router.drain.seconds'),
  },
  router: {
    NATS_URL: SECRET,
    P2PMSG_UDP_HOST: fixed('a pod has its own addresses, and with hostNetwork the node’s are all taken'),
    P2PMSG_UDP_PORT: by('router.edge.port'),
    P2PMSG_HTTP_HOST: by('listenHost'),
    P2PMSG_HTTP_PORT: INSIDE,
    P2PMSG_ADVERTISE: by('router.edge.advertise.hosts'),
    P2PMSG_ORDINAL: fixed('the index of the pod'),
    P2PMSG_BOOTSTRAP: by('router.settings.bootstrap'),
    P2PMSG_STATE_DIR: fixed('the pod’s own folder: a router that moves finds the DHT anew'),
    P2PMSG_CLUSTER_SECRETS: SECRET,
    P2PMSG_PROVED_RATE: by('router.settings.provedRate'),
    P2PMSG_UNPROVED_RATE: by('router.settings.unprovedRate'),
    P2PMSG_TRUSTED_PROXIES: by('router.settings.trustedProxies'),
    P2PMSG_LEGACY_RECEIVER: by('router.settings.legacyReceiver'),
    P2PMSG_LEGACY_RATE: by('router.settings.legacyRate'),
    P2PMSG_LEGACY_DIALS: by('router.settings.legacyDials'),
    P2PMSG_LEGACY_KEY_FILE: by('router.settings.legacyKey.existingSecret'),
  },
  ingest: {
    NATS_URL: SECRET,
    P2PMSG_RECEIPT_KEY_FILE: SECRET,
    P2PMSG_MAX_AGE: by('maxAgeSeconds'),
    P2PMSG_VERIFY_THREADS: by('ingest.settings.verifyThreads'),
    P2PMSG_NATS_MONITOR_URL: by('nats.external.monitorUrl'),
  },
  store: {
    NATS_URL: SECRET,
    POSTGRES_URL: SECRET,
    P2PMSG_POOL_SIZE: by('store.settings.poolSize'),
    P2PMSG_RETAIN_HOURS: by('store.settings.retainHours'),
    P2PMSG_MAX_AGE: by('maxAgeSeconds'),
    P2PMSG_SEARCH_LANGUAGE: by('store.settings.searchLanguage'),
  },
  'render-api': {
    NATS_URL: SECRET,
    P2PMSG_HTTP_HOST: by('listenHost'),
    P2PMSG_HTTP_PORT: INSIDE,
    P2PMSG_DEFAULT_RECEIVER: by('renderApi.settings.defaultReceiver'),
    P2PMSG_PUBLIC_URL: by('renderApi.settings.publicUrl'),
    P2PMSG_READ_RATE: by('renderApi.settings.readRate'),
    P2PMSG_TRUSTED_PROXIES: by('renderApi.settings.trustedProxies'),
    P2PMSG_NATS_MONITOR_URL: by('nats.external.monitorUrl'),
  },
  setup: {
    NATS_URL: SECRET,
    P2PMSG_PARTITIONS: by('streams.partitions'),
    P2PMSG_STREAM_REPLICAS: by('streams.replicas'),
    P2PMSG_EDGE_BYTES: by('streams.edgeBytes'),
    P2PMSG_MESSAGES_BYTES: by('streams.messagesBytes'),
    P2PMSG_REFUSED_BYTES: by('streams.refusedBytes'),
    P2PMSG_RECEIVERS: by('receivers'),
    P2PMSG_MANAGER: fixed('the release’s own mark'),
    P2PMSG_RECEIPT_KEY: SECRET,
    P2PMSG_CLUSTER_SECRETS: SECRET,
    P2PMSG_ENDPOINTS: by('router.edge.advertise.hosts'),
    P2PMSG_FEED_URL: by('renderApi.settings.publicUrl'),
    P2PMSG_POST_URL: by('renderApi.settings.publicUrl'),
    P2PMSG_RECORD_DAYS: by('admin.recordDays'),
    P2PMSG_SETUP_SECONDS: by('admin.deadlineSeconds'),
  },
}

const page = await settingsPage()

test('every setting of the page has its way into the chart, and every way a setting', () => {
  const named = (settings: readonly string[]) => settings.toSorted()
  const ofPage = [...page].map(([heading, settings]) => [heading, named(settings.map(({ name }) => name))])
  expect(Object.entries(WAYS).map(([heading, ways]) => [heading, named(Object.keys(ways))])).toEqual(ofPage)
})

const rendered = new Map<string, ReturnType<typeof render>>()
const tools = await chartTools()
if (typeof tools === 'string') test.skipIf(tools)(`values that set them: not run, ${tools}`, () => undefined)
else theValues(tools)

function theValues(tools: ChartTools): void {
  const cases = Object.entries(WAYS).flatMap(([heading, ways]) =>
    Object.entries(ways).flatMap(([setting, way]) => ('value' in way ? [[heading, setting, way.value] as const] : [])),
  )

  test.each(cases)('%s: %s is set by %s', { concurrent: true }, async (heading, setting, path) => {
    const example = EXAMPLES[path]
    if (!example) throw new Error(`the chart has no value ${path}`)
    const { value, also = {} } = example
    const part = heading === 'Every service' ? 'router' : heading
    const before = await variableOf(tools, part, setting, also)
    const after = await variableOf(tools, part, setting, merged(also, valuesAt(path, value)))
    expect(after).toBeDefined()
    expect(after).not.toEqual(before)
  })

  test('another list of receivers runs the setup again, with a file of its own', async () => {
    const named = async (perSecond: number) => {
      const receivers = [{ name: 'news', record: 'ZDE6YWJj', budget: { perSecond, burst: 9 } }]
      const names = (await render(tools, { receivers })).map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      return names.filter((name) => /^(?:Job .*-setup-|ConfigMap .*-receivers-)/.test(name)).toSorted()
    }
    const [before, same, after] = [await named(5), await named(5), await named(6)]
    expect(before).toHaveLength(2)
    expect(same).toEqual(before)
    expect(after.filter((name) => before.includes(name))).toEqual([])
  })
}

/** Most of the cases are held against the same values. */
function renderOnce(tools: ChartTools, values: Values): ReturnType<typeof render> {
  const key = JSON.stringify(values)
  const there = rendered.get(key) ?? render(tools, values)
  rendered.set(key, there)
  return there
}

/** The variable in the one pod of a part, as Kubernetes will set it, and what stands in the file that it names, if the chart says that. */
async function variableOf(tools: ChartTools, part: string, name: string, values: Values): Promise<unknown> {
  const maker = new RegExp(`^(?:Deployment|StatefulSet|Job) .*-${part}(?:-[0-9].*)?$`)
  const manifests = await renderOnce(tools, values)
  const pod = podsOf(manifests).find(([name]) => maker.test(name))?.[1]
  const variables = (pod?.containers[0]?.env ?? []) as { name: string; value?: string }[]
  const found = variables.find((variable) => variable.name === name || variable.name === `${name}_FILE`)
  if (!found) return undefined
  const mounted = JSON.stringify(pod?.volumes ?? [])
  const maps = manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && mounted.includes(metadata.name))
  const file = basename(found.value ?? '')
  return [found, ...maps.flatMap(({ data }) => data?.[file] ?? [])]
}
