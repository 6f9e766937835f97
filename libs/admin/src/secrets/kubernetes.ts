import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { backoffMs, Failure, sleep } from '@p2pmsg/runtime'
import type { MadeSecret } from './made-secrets.ts'

/** The API server of Kubernetes does not answer, or refuses. */
class KubernetesRefused extends Failure {
  override readonly name = 'KubernetesRefused'
  readonly code = 'KUBERNETES_REFUSED'
  readonly retry = 'never'
}

/** Where a pod finds its service account (Kubernetes, "Accessing the API from a Pod"). */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const REQUEST_MS = 10_000
const TRIES_MAX = 8
const TRY_LAST_MS = 5_000
const ANSWER_CHARACTERS_MAX = 64 * 1024

/** The one call that we make of the API: a Secret is created, or is there already. Nothing is ever read. */
export type SecretApi = Readonly<{
  /** @returns whether it was created @throws {KubernetesRefused} */
  create: (name: string, secret: MadeSecret, labels: Readonly<Record<string, string>>) => Promise<boolean>
}>

/** @throws {KubernetesRefused} this process is not in a pod with a service account */
export async function secretApi(env: NodeJS.ProcessEnv, account: string = ACCOUNT): Promise<SecretApi> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  const file = (name: string) => readFile(join(account, name), 'utf8').catch(() => undefined)
  const [token, authority, namespace] = [await file('token'), await file('ca.crt'), await file('namespace')]
  if (!host || !port || !token || !authority || !namespace)
    throw new KubernetesRefused('this is no pod with a service account: secrets go there by --folder instead')
  return {
    create: async (name, secret, labels) => {
      const body = JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, labels },
        type: 'Opaque',
        stringData: secret,
      })
      const status = await patiently(() => post({ host, port, token, authority, namespace, body }))
      if (status === 201) return true
      if (status === 409) return false
      throw new KubernetesRefused(`the API server answers ${status} to the creation of the Secret ${name}`)
    },
  }
}

type Call = Readonly<Record<'host' | 'port' | 'token' | 'authority' | 'namespace' | 'body', string>>

function post({ host, port, token, authority, namespace, body }: Call): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const asked = request(
    {
      host,
      port,
      method: 'POST',
      path: `/api/v1/namespaces/${encodeURIComponent(namespace.trim())}/secrets`,
      ca: authority,
      headers: { authorization: `Bearer ${token.trim()}`, 'content-type': 'application/json' },
      timeout: REQUEST_MS,
    },
    (response) => {
      let characters = 0
      response.on('data', (part: Buffer) => {
        characters += part.length
        if (characters > ANSWER_CHARACTERS_MAX) response.destroy()
      })
      response.once('close', () => resolve(response.statusCode ?? 0))
    },
  )
  asked.once('timeout', () => asked.destroy(new Error(`no answer within ${REQUEST_MS / 1000} s`)))
  asked.once('error', reject)
  asked.end(body)
  return promise
}

/** A pod's network may come up a moment after its process. */
async function patiently(call: () => Promise<number>): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      const status = await call()
      if (status < 500 || attempt >= TRIES_MAX) return status
    } catch (thrown) {
      if (attempt >= TRIES_MAX)
        throw new KubernetesRefused(`the API server does not answer: ${(thrown as Error).message}`, { cause: thrown })
    }
    await sleep(backoffMs(attempt, TRY_LAST_MS))
  }
}
