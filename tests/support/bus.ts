import { inboxPrefix } from '@p2pmsg/protocol'
import { connect, type NatsConnection } from 'nats'

/** Connects as the user of a URL: the client itself takes no credentials from there. */
export function connectTo(url: string): Promise<NatsConnection> {
  const { host, username, password } = new URL(url)
  const credentials = username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
  return connect({ servers: host, reconnect: false, inboxPrefix: inboxPrefix(username || 'test'), ...credentials })
}
