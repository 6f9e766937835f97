// As much of a Kubernetes API server as the chart's own Job meets: it takes new Secrets from whoever has the token, and gives none back.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { runCommand } from '@p2pmsg/local'

const OPENSSL_MS = 30_000
const POLL_MS = 100

type Secret = Readonly<{ metadata: { name: string }; stringData: Readonly<Record<string, string>> }>

/** Made Secrets by name, and what a pod's service account needs to reach the server. */
export type ApiServer = AsyncDisposable &
  Readonly<{
    host: string
    port: number
    account: Readonly<Record<string, string>>
    secrets: ReadonlyMap<string, Readonly<Record<string, string>>>
    /** Resolves as soon as there is a Secret of this name. */
    secret: (name: string) => Promise<Readonly<Record<string, string>>>
  }>

/** @param host an address of this machine that pods can reach @param folder for its certificate */
export async function anApiServer(host: string, namespace: string, folder: string): Promise<ApiServer> {
  const [keyFile, certificateFile] = [join(folder, 'api.key'), join(folder, 'api.crt')]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
  const names = ['-subj', '/CN=kubernetes', '-addext', `subjectAltName=IP:${host}`]
  const files = ['-keyout', keyFile, '-out', certificateFile]
  const made = await runCommand('openssl', [...words, ...names, ...files], { timeoutMs: OPENSSL_MS })
  if (made.code !== 0) throw new Error(`openssl: ${made.stderr}`)
  const [key, cert] = [await readFile(keyFile, 'utf8'), await readFile(certificateFile, 'utf8')]
  const token = randomBytes(32).toString('hex')
  const secrets = new Map<string, Readonly<Record<string, string>>>()

  const statusOf = async (request: IncomingMessage): Promise<number> => {
    if (request.headers.authorization !== `Bearer ${token}`) return 401
    if (request.method !== 'POST' || request.url !== `/api/v1/namespaces/${namespace}/secrets`) return 403
    const { metadata, stringData } = JSON.parse(await text(request)) as Secret
    if (secrets.has(metadata.name)) return 409
    secrets.set(metadata.name, stringData)
    return 201
  }
  const server = createServer({ key, cert }, (request, response) => {
    void statusOf(request).then((status) => response.writeHead(status).end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return {
    host,
    port: (server.address() as AddressInfo).port,
    account: { token, 'ca.crt': cert, namespace },
    secrets,
    secret: async (name) => {
      for (;;) {
        const found = secrets.get(name)
        if (found) return found
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
    },
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
