// Proves what the chart promises about security: every pod passes the restricted profile of the Pod Security Standards except a
// router that takes its node's network, no service has a token, no secret stands in what is rendered.
import { expect, test } from 'vitest'
import { HOST_NETWORK, isMap, merged, PER_POD, type PodSpec, PRODUCTION, podsOf, render } from '../support/chart.ts'
import { type ChartTools, chartTools } from '../support/chart-tools.ts'

const tools = await chartTools()
const CASES = {
  defaults: {},
  'in earnest': PRODUCTION,
  'a service for each router': PER_POD,
  'host network': HOST_NETWORK,
}
/** Volume types that the restricted profile allows. */
const VOLUMES = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
])

const LISTED = [
  { name: 'über: "all" \\ of <it>\u2028', record: 'ZDE6YWJj', policy: { allow: null, block: ['ab'.repeat(32)] } },
  { name: 'online', keySecret: { name: 'news', key: 'seed' }, budget: { perSecond: 10, burst: 20 } },
] as const

/** What of the restricted profile a pod breaks (Kubernetes, "Pod Security Standards"); our own rules are at the end. */
function violations(pod: PodSpec): string[] {
  const found: string[] = []
  const must = (holds: boolean, rule: string) => holds || found.push(rule)
  const context = pod.securityContext ?? {}
  must(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'host namespaces')
  must(context.runAsNonRoot === true, 'runAsNonRoot')
  must(typeof context.runAsUser === 'number' && context.runAsUser > 0, 'runAsUser')
  must(isMap(context.seccompProfile) && context.seccompProfile.type === 'RuntimeDefault', 'seccomp')
  must(context.sysctls === undefined, 'sysctls')
  for (const volume of pod.volumes ?? [])
    must(
      Object.keys(volume).every((key) => key === 'name' || VOLUMES.has(key)),
      `volume ${String(volume.name)}`,
    )
  for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
    const own = container.securityContext ?? {}
    must(own.allowPrivilegeEscalation === false, 'allowPrivilegeEscalation')
    must(own.privileged === undefined && own.runAsUser === undefined && own.runAsNonRoot === undefined, 'overrides')
    must(JSON.stringify(own.capabilities) === '{"drop":["ALL"]}', 'capabilities')
    must(
      ((container.ports ?? []) as { hostPort?: number }[]).every((port) => port.hostPort === undefined),
      'host ports',
    )
    must(own.readOnlyRootFilesystem === true, 'read-only root file system')
    must(isMap(container.resources) && isMap(container.resources.limits), 'limits')
  }
  return found
}

if (typeof tools === 'string') test.skipIf(tools)(`the chart: not run, ${tools}`, () => undefined)
else theChart(tools)

function theChart(tools: ChartTools): void {
  test.each(Object.entries(CASES))('%s: the restricted profile, and one exception', async (name, values) => {
    const found = podsOf(await render(tools, values)).map(([pod, spec]) => [pod, violations(spec)])
    expect(found.length).toBeGreaterThan(5)
    const broken = found.filter(([, rules]) => (rules as string[]).length > 0)
    expect(broken).toEqual(name === 'host network' ? [['StatefulSet demo-p2pmsg-router', ['host namespaces']]] : [])
  })

  test('the exception has a namespace of its own, where nothing else runs', async () => {
    const manifests = await render(tools, HOST_NETWORK)
    const workloads = podsOf(manifests.filter(({ metadata }) => metadata.namespace === 'edge'))
    expect(workloads.map(([name]) => name)).toEqual(['StatefulSet demo-p2pmsg-router'])
    expect(new Set(manifests.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['place', 'edge']))
  })

  test.each(Object.entries(CASES))('%s: no token but that of the job that makes secrets', async (_, values) => {
    const manifests = await render(tools, values)
    const withToken = podsOf(manifests).filter(([, pod]) => pod.automountServiceAccountToken !== false)
    expect(withToken.every(([name]) => name.startsWith('Job demo-p2pmsg-secrets-'))).toBe(true)
    const accounts = manifests.filter(({ kind }) => kind === 'ServiceAccount')
    expect(accounts.every((account) => account.automountServiceAccountToken === false)).toBe(true)
    const used = podsOf(manifests).map(([, pod]) => pod.serviceAccountName)
    const ours = new Set(accounts.map(({ metadata }) => metadata.name))
    expect(used.every((name) => ours.has(String(name)))).toBe(true)
    expect(manifests.some(({ kind }) => kind.startsWith('Cluster'))).toBe(false)
  })

  test('that job may create Secrets, and nothing else', async () => {
    const roles = (await render(tools)).filter(({ kind }) => kind === 'Role')
    expect(roles.map(({ rules }) => rules)).toEqual([[{ apiGroups: [''], resources: ['secrets'], verbs: ['create'] }]])
  })

  test.each(Object.entries(CASES))(
    '%s: no Secret is rendered, and none is read into an environment of a service',
    async (_, values) => {
      const manifests = await render(tools, values)
      expect(manifests.some(({ kind }) => kind === 'Secret')).toBe(false)
      const inEnvironment = podsOf(manifests).filter(([, pod]) => JSON.stringify(pod).includes('"secretKeyRef"'))
      expect(inEnvironment.map(([name]) => name).filter((name) => name !== 'Pod demo-p2pmsg-test')).toEqual([])
      const maps = manifests.filter(({ kind }) => kind === 'ConfigMap').map(({ data }) => JSON.stringify(data))
      for (const map of maps) expect(map).not.toMatch(/password: ["']?[a-z0-9]/i)
    },
  )

  test('the list of receivers is public: of a key it has the place where the Secret is mounted, and not its name', async () => {
    const manifests = await render(tools, merged(PRODUCTION, { receivers: LISTED }))
    const maps = manifests.filter(({ kind, metadata }) => kind === 'ConfigMap' && /-receivers-/.test(metadata.name))
    expect(maps.map(({ data }) => JSON.parse(data?.['receivers.json'] ?? '') as unknown)).toEqual([
      [LISTED[0], { name: LISTED[1].name, keyFile: '/secrets/receiver-1', budget: LISTED[1].budget }],
    ])
  })

  test('each service can read its own secrets alone', async () => {
    const pods = podsOf(await render(tools))
    const keys = (part: string) => {
      const pod = pods.find(([name]) => name === `Deployment demo-p2pmsg-${part}`)?.[1]
      return [...JSON.stringify(pod?.volumes).matchAll(/"key":"([^"]+)"/g)].map(([, key = '']) => key).toSorted()
    }
    expect(keys('router')).toEqual(['cluster-secrets', 'router-url'])
    expect(keys('ingest')).toEqual(['ingest-url', 'receipt-key'])
    expect(keys('store')).toEqual(['store-url', 'url'])
    expect(keys('render-api')).toEqual(['receiver-address', 'render-api-url'])
  })

  test('everything is denied that is not named, in both namespaces', async () => {
    for (const values of [{}, HOST_NETWORK]) {
      const manifests = await render(tools, values)
      const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
      const denying = policies.filter(({ metadata }) => metadata.name.endsWith('-deny-all'))
      const namespaces = new Set(manifests.map(({ metadata }) => metadata.namespace))
      expect(new Set(denying.map(({ metadata }) => metadata.namespace))).toEqual(namespaces)
      for (const { spec } of denying) expect(spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] })
      // The render-api has no way to Postgres, and nothing but store and migrations has one.
      const toDatabase = policies.filter(({ spec }) => JSON.stringify(spec?.egress ?? '').includes('5432'))
      expect(toDatabase.map(({ spec }) => JSON.stringify(spec?.podSelector)).join()).toMatch(/\["store","migrations"\]/)
      expect(toDatabase).toHaveLength(1)
    }
  })

  test('without the exception being accepted, the render fails and says what to do', async () => {
    const here = merged(HOST_NETWORK, { router: { namespace: '' } })
    await expect(render(tools, here)).rejects.toThrow(/hostNetwork needs a namespace that allows privileged pods/)
  })
}
