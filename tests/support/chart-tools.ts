// helm, kubeconform and the schemas of Kubernetes, under .p2pmsg: made with Go by `./p2pmsg run chart-tools`, used by tests/chart.
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lastLine, runCommand } from '@p2pmsg/local'
import { ROOT } from '../steps.ts'
import { crdSchemas, kubernetesSchemas } from './kubernetes-schemas.ts'

const HELM = 'v4.3.1'
const KUBECONFORM = 'v0.8.0'
const GATEWAY_API = 'v1.6.3'
/** The minors that the chart is held against. */
export const KUBERNETES = ['v1.34.4', 'v1.35.4', 'v1.36.3'] as const
/** Kinds of the Gateway API that the chart can make. */
const ROUTES = ['httproutes', 'udproutes'] as const

const BIN = join(ROOT, '.p2pmsg', 'bin')
const SCHEMAS = join(ROOT, '.p2pmsg', 'schemas')
const INSTALL_MS = 30 * 60_000 // helm compiles for minutes on a cold cache
const QUICK_MS = 30_000

export type ChartTools = Readonly<{ helm: string; kubeconform: string; schemas: string }>

/** The tools, or why there are none. */
export async function chartTools(): Promise<ChartTools | string> {
  const tools = {
    helm: join(BIN, `helm-${HELM}`),
    kubeconform: join(BIN, `kubeconform-${KUBECONFORM}`),
    schemas: SCHEMAS,
  }
  const wanted = [
    tools.helm,
    tools.kubeconform,
    ...[...KUBERNETES, GATEWAY_API].map((version) => join(SCHEMAS, version)),
  ]
  for (const path of wanted)
    if (!(await exists(path)))
      return `${path.slice(ROOT.length)} is not there: \`./p2pmsg run chart-tools\` makes it, with Go`
  return tools
}

/** Makes what is missing. @throws {Error} there is no Go, or it cannot build them */
export async function bringChartTools(say: (line: string) => void): Promise<void> {
  await mkdir(BIN, { recursive: true })
  for (const [name, version, module] of [
    ['helm', HELM, 'helm.sh/helm/v4/cmd/helm'],
    ['kubeconform', KUBECONFORM, 'github.com/yannh/kubeconform/cmd/kubeconform'],
  ] as const) {
    const path = join(BIN, `${name}-${version}`)
    if (await exists(path)) continue
    say(`building ${name} ${version} …`)
    const folder = await mkdtemp(join(BIN, '.go-'))
    await go(['install', `${module}@${version}`], { GOBIN: folder, CGO_ENABLED: '0' })
    await rename(join(folder, name), path)
    await rm(folder, { recursive: true })
  }
  for (const version of KUBERNETES) {
    await once(join(SCHEMAS, version), async (folder) => {
      say(`making the schemas of Kubernetes ${version} …`)
      const swagger = await fromModule('k8s.io/kubernetes', version, 'api/openapi-spec/swagger.json')
      for (const [name, text] of kubernetesSchemas(swagger)) await writeFile(join(folder, name), text)
    })
  }
  await once(join(SCHEMAS, GATEWAY_API), async (folder) => {
    for (const route of ROUTES) {
      const path = `config/crd/experimental/gateway.networking.k8s.io_${route}.yaml`
      const crd = await fromModule('sigs.k8s.io/gateway-api', GATEWAY_API, path)
      for (const [name, text] of crdSchemas(crd)) await writeFile(join(folder, name), text)
    }
  })
}

/** A folder that is there whole or not at all. */
async function once(folder: string, fill: (beside: string) => Promise<void>): Promise<void> {
  if (await exists(folder)) return
  const beside = `${folder}.${process.pid}`
  await mkdir(beside, { recursive: true })
  await fill(beside)
  await rename(beside, folder)
}

/** One file of a Go module. */
async function fromModule(module: string, version: string, path: string): Promise<string> {
  const told = JSON.parse(await go(['mod', 'download', '-json', `${module}@${version}`], {})) as { Dir: string }
  return readFile(join(told.Dir, path), 'utf8')
}

async function go(args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  // Outside any module: the checkout has none, and a go.mod above it would have a say.
  const options = { env: { ...process.env, ...env }, cwd: tmpdir(), timeoutMs: INSTALL_MS }
  const outcome = await runCommand('go', args, options)
  if (outcome.code !== 0) throw new Error(`go ${args.slice(0, 2).join(' ')}: ${lastLine(outcome)}`)
  return outcome.stdout
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Whether every document of a rendered chart is what a Kubernetes of that version takes, unknown fields being errors. */
export async function conforms(tools: ChartTools, version: string, manifest: string): Promise<readonly string[]> {
  const place = (name: string) =>
    `${join(tools.schemas, name)}/{{.Group}}-{{.ResourceAPIVersion}}-{{.ResourceKind}}.json`
  const places = [version, GATEWAY_API].flatMap((name) => ['-schema-location', place(name)])
  const folder = await mkdtemp(join(tmpdir(), 'p2pmsg-conform-'))
  const file = join(folder, 'manifest.yaml')
  await writeFile(file, manifest)
  const outcome = await runCommand(tools.kubeconform, ['-strict', '-output', 'json', ...places, file], {
    timeoutMs: QUICK_MS,
  })
  await rm(folder, { recursive: true })
  const { resources = [] } = JSON.parse(outcome.stdout) as { resources?: { kind: string; name: string; msg: string }[] }
  const problems = resources.map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)
  return outcome.code === 0 || problems.length > 0 ? problems : [lastLine(outcome)]
}
