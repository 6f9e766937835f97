const PINO_LEVELS: Readonly<Record<number, string>> = { 30: '', 40: 'warning: ', 50: 'error: ', 60: 'fatal: ' }
const HIDDEN = new Set([
  'level',
  'time',
  'msg',
  'pid',
  'hostname',
  'service',
  'name',
  'trace_id',
  'span_id',
  'trace_flags',
])
const FIELDS_MAX = 12
const VALUE_CHARS_MAX = 120
const CONTROL = /\p{Cc}/gu // a log line may not move the cursor or recolour the terminal

/**
 * A child's log line as a person reads it: JSON lines of the services become text with `key=value`, the servers' own
 * time stamps and process ids go, because our prefix says both.
 */
export function readable(line: string): string {
  return (fromJson(line) ?? fromNats(line) ?? fromPostgres(line) ?? line).replace(CONTROL, ' ')
}

function fromJson(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('msg' in value)) return undefined
  const level = 'level' in value ? (PINO_LEVELS[Number(value.level)] ?? '') : ''
  const fields = Object.entries(value)
    .filter(([name]) => !HIDDEN.has(name))
    .slice(0, FIELDS_MAX)
    .map(([name, field]) => `${name}=${shown(field)}`)
  return [`${level}${String(value.msg)}`, ...fields].join(' ')
}

function shown(field: unknown): string {
  const message = typeof field === 'object' && field !== null && 'message' in field ? field.message : field
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}…` : text
}

/** `[8472] 2026/11/22 12:16:59.123456 [INF] Server is ready` */
function fromNats(line: string): string | undefined {
  const found = /^\[\d+\] \d{4}\/\d\d\/\d\d [\d:.]+ \[([A-Z]{3})\] (.*)$/.exec(line)
  if (!found) return undefined
  return found[1] === 'INF' ? found[2] : `${found[1] === 'WRN' ? 'warning' : 'error'}: ${found[2]}`
}

/** `2026-11-22 12:16:59.123 UTC [8472] LOG:  database system is ready to accept connections` */
function fromPostgres(line: string): string | undefined {
  const found = /^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] ([A-Z]+): +(.*)$/.exec(line)
  if (!found) return undefined
  return found[1] === 'LOG' ? found[2] : `${found[1]?.toLowerCase()}: ${found[2]}`
}
