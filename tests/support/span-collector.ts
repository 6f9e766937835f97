import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as OTLP over HTTP tells it in JSON (opentelemetry-proto, trace.proto): the members that tests look at. */
export type CollectedSpan = Readonly<{
  service: string
  name: string
  traceId: string
  spanId: string
  links?: readonly Readonly<{ traceId: string; spanId: string }>[]
}>

type Export = {
  resourceSpans?: {
    resource?: { attributes?: { key: string; value: { stringValue?: string } }[] }
    scopeSpans?: { spans?: Omit<CollectedSpan, 'service'>[] }[]
  }[]
}

/** A collector that services export their spans to; keeps all of them. */
export async function aSpanCollector(): Promise<AsyncDisposable & Readonly<{ url: string; spans: CollectedSpan[] }>> {
  const spans: CollectedSpan[] = []
  const server = createServer((request, response) => {
    void (async () => {
      spans.push(...spansOf(await readBody(request)))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function readBody(request: IncomingMessage): Promise<Export> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Export
}

function spansOf({ resourceSpans = [] }: Export): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const named = resource?.attributes?.find(({ key }) => key === 'service.name')
    const service = named?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => ({ ...span, service })))
  })
}
