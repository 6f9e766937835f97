import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What pages load beside themselves: from this service alone, as the content policy demands. */
const FILES = [
  { name: 'page.css', type: 'text/css; charset=utf-8' },
  { name: 'live.js', type: 'text/javascript; charset=utf-8' },
  { name: 'icon.svg', type: 'image/svg+xml' },
] as const

export type Asset = Readonly<{ name: string; type: string; body: Buffer; etag: string }>

export const ASSETS: readonly Asset[] = FILES.map(({ name, type }) => {
  const body = readFileSync(new URL(`./assets/${name}`, import.meta.url))
  return { name, type, body, etag: `"${digest(body)}"` }
})

/** Changes with any of them; part of their addresses and of each page's tag, so that a new version is seen at once. */
export const ASSETS_VERSION: string = digest(Buffer.from(ASSETS.map(({ etag }) => etag).join()))

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 16)
}
