import { Type } from 'typebox'
import { ASSETS } from '../assets.ts'
import type { Context } from '../context.ts'
import { problemPage } from '../formats/html/problem-page.ts'
import { sendTagged } from '../http/conditional.ts'
import { isProblemCode, ProblemError, problem } from '../problem.ts'
import type { App } from './route.ts'
import { answer, htmlPage, problemPages, problems } from './schemas.ts'

/** What hardly changes while a process runs. */
export const SHORT = 'public, max-age=300'

/** What the service says about itself, and the files that its pages load. */
export function systemRoutes(app: App, context: Context): void {
  app.get(
    '/openapi.json',
    {
      schema: {
        operationId: 'readDescription',
        summary: 'This description',
        tags: ['service'],
        response: {
          200: answer('OpenAPI 3.1.', 'application/json', Type.Object({}, { additionalProperties: true })),
          ...problems(),
        },
      },
    },
    (_request, reply) => reply.header('cache-control', SHORT).send(app.swagger()),
  )
  app.get('/livez', probe('isAlive', 'Whether the process runs'), (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ status: 'alive' }),
  )
  for (const [path, operationId] of [
    ['/readyz', 'isReady'],
    ['/healthz', 'isHealthy'],
  ] as const) {
    app.get(path, probe(operationId, 'Whether this process can do its own part'), (_request, reply) => {
      const missing = context.missing()
      const status = missing.length === 0 ? 'ready' : 'not ready'
      return reply
        .code(missing.length === 0 ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ status, missing })
    })
  }
  app.get('/problems/:code', { schema: Explanation, config: { forPeople: true } }, (request, reply) => {
    const { code } = request.params
    if (!isProblemCode(code)) throw new ProblemError('not-found', 'No problem has this code.')
    const told = problem(code, `Programs see this as the code “${code}”.`)
    return reply.header('cache-control', SHORT).type('text/html; charset=utf-8').send(problemPage(told))
  })
  for (const asset of ASSETS) {
    app.get(`/assets/${asset.name}`, { schema: { hide: true } }, (request, reply) =>
      sendTagged(request, reply, { ...asset, contentType: asset.type }, 'public, max-age=3600'),
    )
  }
}

/** Asked by machines, as often as they like. */
function probe(operationId: string, summary: string) {
  const state = answer('The state.', 'application/json', ProbeState)
  const response = { 200: state, ...(operationId === 'isAlive' ? {} : { 503: state }) }
  return { schema: { operationId, summary, tags: ['service'], response }, config: { unlimited: true } }
}

const ProbeState = Type.Object({
  status: Type.String(),
  missing: Type.Optional(Type.Array(Type.String(), { description: 'Parts that are not there.' })),
})

const Explanation = {
  operationId: 'explainProblem',
  summary: 'What a problem means, for people',
  tags: ['pages'],
  params: Type.Object({ code: Type.String({ description: 'As in a problem.', maxLength: 64 }) }),
  response: { 200: htmlPage('The explanation.', {}), ...problemPages(404) },
}
