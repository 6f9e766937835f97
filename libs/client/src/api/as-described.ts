import Schema, { type Validator } from 'typebox/schema'
import description from './openapi.json' with { type: 'json' }
import type { components } from './openapi.ts'

type Content = Readonly<Record<string, Readonly<{ schema?: object }>>>
type Response = Readonly<{ content?: Content; $ref?: string }>
type Operation = Readonly<{ responses?: Readonly<Record<string, Response>> }>

const PATHS = description.paths as Readonly<Record<string, Readonly<{ get?: Operation }>>>
const validators = new Map<string, Validator | undefined>() // one for each path that is described
const aMessage = validator(description.components.schemas.Message)

/**
 * Holds a successful JSON answer against the description of the service.
 * @param path as the document has it, e.g. `/v1/feeds/{receiver}`
 * @returns what is wrong with it; undefined when nothing is, or nothing is said about this answer
 */
export function faultOf(path: string, value: unknown): string | undefined {
  if (!validators.has(path)) validators.set(path, validatorOf(path))
  const described = validators.get(path)
  if (!described || described.Check(value)) return undefined
  const [, [first]] = described.Errors(value)
  return first ? `${first.instancePath} ${first.message}`.trim() : 'it does not fit'
}

export function isMessage(value: unknown): value is components['schemas']['Message'] {
  return aMessage.Check(value)
}

function validatorOf(path: string): Validator | undefined {
  const schema = PATHS[path]?.get?.responses?.['200']?.content?.['application/json']?.schema
  return schema && validator(schema)
}

/** References in it lead into the description's components. */
function validator(schema: object): Validator {
  return Schema.Compile({ components: description.components, ...schema } as Schema.XSchema)
}
