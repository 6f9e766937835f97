import { context, type Link, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'

/** Spans of the message path: one per pack, linked (not nested) from stage to stage, as messaging conventions have it for batches. */
const tracer = trace.getTracer('p2pmsg')

/** NATS header that carries a W3C trace context. */
export const TRACEPARENT = 'traceparent'
const FORMAT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** @param links `traceparent` values of what this work was made from; those that do not parse are left out */
export function startSpan(
  name: string,
  options: {
    links?: readonly (string | undefined)[]
    attributes?: Record<string, string | number>
    kind?: 'producer' | 'consumer'
  } = {},
): Span {
  const links = (options.links ?? []).map(toLink).filter((link) => link !== undefined)
  const kind =
    options.kind === 'producer'
      ? SpanKind.PRODUCER
      : options.kind === 'consumer'
        ? SpanKind.CONSUMER
        : SpanKind.INTERNAL
  return tracer.startSpan(name, { kind, links, attributes: { 'messaging.system': 'nats', ...options.attributes } })
}

export function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${(traceFlags & 255).toString(16).padStart(2, '0')}`
}

/** Runs `work` with the span as the current one, and ends it, with the failure if there was one. */
export async function withSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), work)
  } catch (thrown) {
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw thrown
  } finally {
    span.end()
  }
}

function toLink(traceparent: string | undefined): Link | undefined {
  const match = FORMAT.exec(traceparent ?? '')
  if (!match) return undefined
  const [, traceId = '', spanId = '', flags = '00'] = match
  return { context: { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true } }
}
