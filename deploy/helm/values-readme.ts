// The chart's README: every value with its default and the comment that stands above it in values.yaml.

type Row = Readonly<{ path: string; fallback: string; meaning: string }>

const KEY = /^(\s*)([A-Za-z][\w]*):(?:\s+(.*))?$/
const COMMENT = /^\s*# (?:-- )?(.*)$/
const INDENT = 2

/** @throws {Error} a value without a comment: every one is explained */
export function valueRows(text: string): Row[] {
  const rows: Row[] = []
  const path: string[] = []
  const lines = text.split('\n')
  let comment: string[] = []
  let below = Number.POSITIVE_INFINITY // keys indented more than this belong to a value that is a row already
  for (const [i, line] of lines.entries()) {
    const said = COMMENT.exec(line)
    if (said) {
      comment = /# -- /.test(line) ? [said[1] ?? ''] : [...comment, said[1] ?? '']
      continue
    }
    const [, spaces = '', key, value = ''] = KEY.exec(line) ?? []
    if (key === undefined) {
      comment = []
      continue
    }
    if (spaces.length > below) continue
    below = Number.POSITIVE_INFINITY
    path.splice(spaces.length / INDENT, Number.POSITIVE_INFINITY, key)
    const isExplained = comment.length > 0
    if (!isExplained && value !== '') throw new Error(`values.yaml: ${path.join('.')} has no comment`)
    if (isExplained) {
      if (value === '') below = spaces.length
      const nested = value === '' ? inline(lines.slice(i + 1), spaces.length) : value
      rows.push({ path: path.join('.'), fallback: nested, meaning: comment.join(' ') })
    }
    comment = []
  }
  return rows
}

/** A small mapping on one line. */
function inline(lines: readonly string[], indent: number): string {
  const end = lines.findIndex((line) => line.trim() !== '' && line.search(/\S/) <= indent)
  const own = lines.slice(0, end === -1 ? lines.length : end)
  return `{ ${own
    .map((line) => line.trim())
    .filter(Boolean)
    .join(', ')} }`
}

const HEAD = `# p2pmsg

The Helm chart of a receiver cluster: router, ingest, store and render-api, with a NATS and a Postgres of its own for a trial.
[docs/kubernetes.md](../../../docs/kubernetes.md) says how to install it, and what a cluster in earnest needs;
[UPGRADING.md](UPGRADING.md) what changes between releases.

## Values

Made of values.yaml by \`./p2pmsg run chart-files\`.
`

/** The whole README. */
export function chartReadme(values: string): string {
  const rows = valueRows(values)
  const groups = Map.groupBy(rows, ({ path }) => (path.includes('.') ? path.slice(0, path.indexOf('.')) : ''))
  const tables = [...groups].map(([group, rows]) => {
    const heading = group === '' ? '' : `### ${group}\n\n`
    const lines = rows.map(
      ({ path, fallback, meaning }) => `| \`${path}\` | \`${cell(fallback)}\` | ${cell(meaning)} |`,
    )
    return `${heading}| value | default | meaning |\n|---|---|---|\n${lines.join('\n')}\n`
  })
  return `${HEAD}\n${tables.join('\n')}`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
