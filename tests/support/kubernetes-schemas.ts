// JSON schemas as kubeconform reads them, made of what Kubernetes publishes: an OpenAPI file, and custom resource definitions. They are
// strict: a field that Kubernetes does not know is an error, where the API server would drop it without a word.
import { parse } from 'yaml'

type Schema = { [key: string]: unknown }
type Kind = Readonly<{ group: string; version: string; kind: string }>

const REFERENCE = '#/definitions/'
/** What the OpenAPI file calls text and Kubernetes reads from numbers too. */
const LOOSE: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
}

/** Name and text of a schema for each kind of a `swagger.json`. */
export function* kubernetesSchemas(swagger: string): Generator<[string, string]> {
  const { definitions } = JSON.parse(swagger) as { definitions: Record<string, Schema> }
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = (definition['x-kubernetes-group-version-kind'] ?? []) as Kind[]
    const [kind] = kinds
    if (kinds.length !== 1 || !kind) continue // options of calls belong to many groups
    const needed = closure(name, definitions)
    const all = Object.fromEntries([...needed].map((one) => [one, LOOSE[one] ?? strict(definitions[one] ?? {})]))
    yield [fileName(kind), JSON.stringify({ ...(all[name] as Schema), definitions: all })]
  }
}

/** The same for each version of a CustomResourceDefinition. */
export function* crdSchemas(text: string): Generator<[string, string]> {
  const { spec } = parse(text) as {
    spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: Schema } }[] }
  }
  for (const { name, schema } of spec.versions) {
    const { properties, ...rest } = schema.openAPIV3Schema
    const metadata = { type: 'object' } // the API server's own, which a definition does not repeat
    const whole = strict({ ...rest, properties })
    const fields = { ...(whole.properties as Schema), metadata }
    yield [
      fileName({ group: spec.group, version: name, kind: spec.names.kind }),
      JSON.stringify({ ...whole, properties: fields }),
    ]
  }
}

/** As kubeconform's template spells it, which takes `v1` of the core for a group too. */
function fileName({ group, version, kind }: Kind): string {
  return `${group || version}-${version}-${kind}.json`.toLowerCase()
}

function closure(name: string, definitions: Record<string, Schema>): ReadonlySet<string> {
  const needed = new Set([name])
  for (const one of needed) {
    const text = JSON.stringify(definitions[one] ?? {})
    for (const [, next = ''] of text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)) needed.add(next)
  }
  return needed
}

/** Closes every object whose fields are listed. */
function strict(schema: Schema): Schema {
  const closed: Schema = {}
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-kubernetes-') || key === 'description' || key === 'format') continue
    if (key === 'properties') {
      const fields = Object.entries(value as Record<string, Schema>)
      closed.properties = Object.fromEntries(fields.map(([name, field]) => [name, strict(field)]))
    } else if (Array.isArray(value)) closed[key] = value.map((one: unknown) => (isSchema(one) ? strict(one) : one))
    else closed[key] = isSchema(value) && key !== 'default' ? strict(value) : value
  }
  if ('$ref' in schema && String(schema.$ref).startsWith(REFERENCE)) return { $ref: schema.$ref }
  const isOpen = 'additionalProperties' in schema || schema['x-kubernetes-preserve-unknown-fields'] === true
  return 'properties' in schema && schema.type === 'object' && !isOpen
    ? { ...closed, additionalProperties: false }
    : closed
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
