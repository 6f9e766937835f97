import accepts from '@fastify/accepts'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { Context } from './context.ts'
import { answerFrameworkError, answerProblems } from './errors.ts'
import { FeedJson, MessageJson, SignedMessageJson } from './formats/json.ts'
import { JsonFeedJson } from './formats/json-feed.ts'
import { limit } from './http/limit.ts'
import { secure } from './http/security.ts'
import { SilentConnections } from './http/silent-connections.ts'
import { AuthorJson, authorRoutes } from './routes/author.ts'
import { CountJson, countRoutes } from './routes/count.ts'
import { exportRoutes } from './routes/export.ts'
import { feedRoutes } from './routes/feed.ts'
import { limitRoutes } from './routes/limits.ts'
import { liveRoutes } from './routes/live.ts'
import { messageRoutes } from './routes/message.ts'
import { describeRoutes } from './routes/openapi.ts'
import type { App } from './routes/route.ts'
import { ProblemJson } from './routes/schemas.ts'
import { systemRoutes } from './routes/system.ts'
import { TraceJson } from './routes/trace-json.ts'

/** A whole request, head included, must arrive within this, milliseconds. */
const REQUEST_MS_MAX = 10_000
/** Nobody sends us a body, bytes. */
const BODY_BYTES_MAX = 1024
/** Longest value of a parameter in a path: a key in hex. */
const PARAM_CHARACTERS_MAX = 100

/** The service without a port: it can be asked with `inject()`, or listen. */
export async function createApp(context: Context): Promise<App> {
  const app = fastify({
    logger: false,
    trustProxy: context.trustedProxies.length > 0 && [...context.trustedProxies],
    requestTimeout: REQUEST_MS_MAX,
    frameworkErrors: answerFrameworkError,
    bodyLimit: BODY_BYTES_MAX,
    routerOptions: { maxParamLength: PARAM_CHARACTERS_MAX },
  }).withTypeProvider<TypeBoxTypeProvider>()
  const silent = new SilentConnections(app.server)
  app.addHook('preClose', () => silent.end())
  secure(app)
  limit(app, context)
  answerProblems(app, context.log)
  await app.register(accepts)
  await describeRoutes(app, context.publicUrl)
  for (const schema of [
    ProblemJson,
    MessageJson,
    FeedJson,
    JsonFeedJson,
    SignedMessageJson,
    TraceJson,
    AuthorJson,
    CountJson,
  ])
    app.addSchema(schema)
  await app.register(async (scope) => {
    const routes = scope.withTypeProvider<TypeBoxTypeProvider>()
    feedRoutes(routes, context)
    countRoutes(routes, context)
    exportRoutes(routes, context)
    authorRoutes(routes, context)
    liveRoutes(routes, context)
    messageRoutes(routes, context)
    limitRoutes(routes, context)
    systemRoutes(routes, context)
  })
  return app
}
