const BLOCK_BYTES = 512 // POSIX.1-1988 ustar: header and content come in blocks
const NAME_BYTES = 100
const SIZE_AT = 124
const SIZE_BYTES = 12
const TYPE_AT = 156
const REGULAR_FILES = new Set(['0', '\0'])

/** The content of the first regular file whose path ends in `/<name>`, from an unpacked tar archive; undefined if there is none. */
export function fileInTar(tar: Buffer, name: string): Buffer | undefined {
  let at = 0
  while (at + BLOCK_BYTES <= tar.length) {
    const path = textAt(tar, at, NAME_BYTES)
    if (path === '') return undefined // the archive ends in empty blocks
    const size = Number.parseInt(textAt(tar, at + SIZE_AT, SIZE_BYTES), 8)
    if (!Number.isSafeInteger(size) || size < 0) return undefined
    const content = at + BLOCK_BYTES
    if (REGULAR_FILES.has(tar.toString('latin1', at + TYPE_AT, at + TYPE_AT + 1)) && path.endsWith(`/${name}`)) {
      return content + size <= tar.length ? tar.subarray(content, content + size) : undefined
    }
    at = content + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES
  }
  return undefined
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? length : end).trim()
}
