import { randomBytes } from 'node:crypto'
import { BUS_USERS, type BusUser, keyPairFromSeed, toHex, toZBase32 } from '@p2pmsg/protocol'

/** A secret's values by key, as Kubernetes and a folder of files hold them. */
export type MadeSecret = Readonly<Record<string, string>>

/** What can be made, each a secret of its own: what one part of a cluster may see, no other needs. */
export const SECRET_KINDS = ['nats', 'postgres', 'cluster', 'receipt', 'receiver'] as const
export type SecretKind = (typeof SECRET_KINDS)[number]

export type Hosts = Readonly<{
  /** host:port of NATS, several separated by commas. */
  nats: string
  /** host:port of the servers' routes to each other, several separated by commas; a single server does not look at them. */
  routes: string
  /** host:port/database of Postgres. */
  postgres: string
}>

const SECRET_BYTES = 32

/** Starts with a letter: a configuration of NATS reads a bare number as one. */
function password(): string {
  return `p${randomBytes(SECRET_BYTES).toString('hex')}`
}

function urlsOf(hosts: string, user: string, secret: string): string {
  return hosts.replaceAll(/[^,]+/g, `nats://${user}:${secret}@$&`)
}

function hex(): string {
  return randomBytes(SECRET_BYTES).toString('hex')
}

/** The name of a NATS user's password in the server's configuration. */
export function passwordVariable(user: BusUser): string {
  return `PASSWORD_${user.replaceAll('-', '_').toUpperCase()}`
}

const MAKERS: Readonly<Record<SecretKind, (hosts: Hosts) => MadeSecret>> = {
  /**
   * Included by the server's configuration: `secrets.conf` at its top, `routes.conf` inside `cluster {}`. Each service sees its
   * own URL alone.
   */
  nats: ({ nats, routes }) => {
    const passwords = BUS_USERS.map((user) => [user, password()] as const)
    const variables = passwords.map(([user, secret]) => `${passwordVariable(user)}: "${secret}"\n`)
    const route = password()
    const urls = passwords.map(([user, secret]) => [`${user}-url`, urlsOf(nats, user, secret)])
    const peers = urlsOf(routes, 'route', route).split(',')
    return {
      'secrets.conf': variables.join(''),
      'routes.conf': `authorization { user: route, password: "${route}" }\nroutes: ${JSON.stringify(peers)}\n`,
      ...Object.fromEntries(urls),
    }
  },
  postgres: ({ postgres }) => {
    const secret = password()
    return { password: secret, url: `postgres://postgres:${secret}@${postgres}` }
  },
  cluster: () => ({ 'cluster-secrets': hex() }),
  receipt: () => ({ 'receipt-key': hex() }),
  receiver: () => {
    const seed = randomBytes(SECRET_BYTES)
    return { 'receiver-key': toHex(seed), 'receiver-address': toZBase32(keyPairFromSeed(seed).publicKey) }
  },
}

/** Random each time: whoever keeps the result must not make it anew. */
export function makeSecret(kind: SecretKind, hosts: Hosts): MadeSecret {
  return MAKERS[kind](hosts)
}
