import { parseArgs } from 'node:util'
import { ConfigError } from '@p2pmsg/runtime'
import { secretApi } from '../secrets/kubernetes.ts'
import { makeSecret, SECRET_KINDS, type SecretKind } from '../secrets/made-secrets.ts'
import { writeSecret } from '../secrets/secret-folder.ts'

const NAME = /^[a-z0-9]([a-z0-9-]{0,200}[a-z0-9])?$/

/**
 * Makes the secrets that a trial needs and that nobody has given, and keeps those that are there.
 * @throws {ConfigError} @throws {KubernetesRefused}
 */
export async function secretsCommand(args: readonly string[], say: (text: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      make: { type: 'string' },
      nats: { type: 'string', default: 'nats:4222' },
      routes: { type: 'string', default: 'nats:6222' },
      postgres: { type: 'string', default: 'postgres:5432/p2pmsg' },
      folder: { type: 'string' },
      kubernetes: { type: 'string' },
    },
  })
  const kinds = (values.make?.split(',') ?? SECRET_KINDS).map(kindOf)
  const keep = await keeper(values.folder, values.kubernetes)
  for (const kind of kinds) {
    const { nats, routes, postgres } = values
    const isNew = await keep(kind, makeSecret(kind, { nats, routes, postgres }))
    say(`${kind}: ${isNew ? 'made' : 'is there already'}\n`)
  }
}

function kindOf(text: string): SecretKind {
  const kind = SECRET_KINDS.find((kind) => kind === text)
  if (!kind) throw new ConfigError(`--make takes ${SECRET_KINDS.join(', ')}, separated by commas`)
  return kind
}

type Keep = (kind: SecretKind, secret: Readonly<Record<string, string>>) => Promise<boolean>

async function keeper(folder: string | undefined, release: string | undefined): Promise<Keep> {
  if ((folder === undefined) === (release === undefined))
    throw new ConfigError('either --folder FOLDER, or --kubernetes RELEASE inside a pod')
  if (folder !== undefined) return (kind, secret) => writeSecret(folder, kind, secret)
  if (!NAME.test(release ?? '')) throw new ConfigError('--kubernetes takes the name of the release')
  const api = await secretApi(process.env)
  const labels = { 'app.kubernetes.io/instance': String(release), 'app.kubernetes.io/part-of': 'p2pmsg' }
  return (kind, secret) => api.create(`${release}-${kind}`, secret, labels)
}
