import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

type Responses = Record<string, object>
type Document = {
  paths?: Record<string, Record<string, { responses?: Responses }>>
  components?: { responses?: Responses }
}

/** Describes every route that is registered after it (OpenAPI 3.1). */
export async function describeRoutes(app: FastifyInstance, publicUrl: string | undefined): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'p2pmsg feeds',
        version: '1.0.0',
        description: 'Signed messages as feeds: pages, single messages, and what became of each.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl ?? '/', description: 'This service' }],
      tags: [
        { name: 'feeds', description: 'Messages of one receiver, in the order of acceptance.' },
        { name: 'messages', description: 'Messages by id.' },
        { name: 'pages', description: 'The same for people.' },
        { name: 'service', description: 'The service itself.' },
      ],
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) =>
        typeof json.$id === 'string' ? json.$id : `schema-${index}`,
    },
    transformObject: (given) =>
      'openapiObject' in given ? shareResponses(given.openapiObject as Document) : given.swaggerObject,
  })
}

/** Says once what many operations answer: the problems are most of the text otherwise. */
function shareResponses(document: Document): Document {
  const all = Object.values(document.paths ?? {})
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ responses }) => (responses ? [responses] : []))
  const named = new Map<string, string>() // name → text: of two that would have one name, the first has it
  const shared = new Map<string, string>() // text → name
  for (const [status, text] of all.flatMap(statusesAndTexts)) {
    const name = nameOf(status, text)
    if (!named.has(name)) named.set(name, text)
    if (named.get(name) === text) shared.set(text, name)
  }
  for (const responses of all)
    for (const [status, text] of statusesAndTexts(responses)) {
      const name = shared.get(text)
      if (name !== undefined) responses[status] = { $ref: `#/components/responses/${name}` }
    }
  const components = Object.fromEntries([...shared].map(([text, name]) => [name, JSON.parse(text) as object]))
  return { ...document, components: { ...document.components, responses: components } }
}

/** All but successes: what one operation is for is told where it stands. */
function statusesAndTexts(responses: Responses): [string, string][] {
  return Object.entries(responses)
    .filter(([status]) => !status.startsWith('2'))
    .map(([status, response]) => [status, JSON.stringify(response)])
}

function nameOf(status: string, text: string): string {
  const medium = text.includes('"text/html"') ? 'Page' : text.includes('problem+json') ? 'Problem' : 'Answer'
  return `${medium}${status}`
}
