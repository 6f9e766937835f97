// A reader of server-sent events that checks what it is given, line by line.
export type SseEvent = Readonly<{ id: string | undefined; name: string; data: string }>

export class SseReader implements AsyncDisposable {
  readonly response: Response
  readonly events: SseEvent[] = []
  /** As a browser keeps it: what it comes back with. */
  lastEventId: string | undefined
  comments = 0
  retryMs: number | undefined
  readonly #abort: AbortController
  readonly #done: Promise<void>
  #waiting = new Set<() => void>()
  #ended = false

  private constructor(response: Response, abort: AbortController) {
    this.response = response
    this.#abort = abort
    this.#done = this.#read()
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const abort = new AbortController()
    const response = await fetch(url, { headers, signal: abort.signal })
    if (response.status !== 200) {
      const text = await response.text()
      throw new Error(`${response.status}: ${text}`)
    }
    return new SseReader(response, abort)
  }

  /** Data of the unnamed events, as JSON. */
  get messages(): {
    id: string
    cursor: string
    text?: string
    position: string
    type: string
    replyTo: string | null
  }[] {
    return this.events.filter(({ name }) => name === 'message').map(({ data }) => JSON.parse(data) as never)
  }

  named(name: string): SseEvent[] {
    return this.events.filter((event) => event.name === name)
  }

  /** Resolves when there are that many messages, or the stream has ended. */
  async until(enough: (reader: this) => boolean): Promise<this> {
    while (!enough(this) && !this.#ended) await new Promise<void>((resolve) => this.#waiting.add(resolve))
    return this
  }

  /** Resolves at the end of the stream. */
  ended(): Promise<void> {
    return this.#done
  }

  async #read(): Promise<void> {
    let buffered = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of this.response.body ?? []) {
        buffered += decoder.decode(chunk as Uint8Array, { stream: true })
        const blocks = buffered.split('\n\n')
        buffered = blocks.pop() ?? ''
        for (const block of blocks) this.#take(block.split('\n'))
        this.#tell()
      }
    } catch {
      // Ended by one of the two sides.
    }
    this.#ended = true
    this.#tell()
  }

  #take(lines: readonly string[]): void {
    let id: string | undefined
    let name = 'message'
    let data: string | undefined
    for (const line of lines) {
      const [field = '', value = ''] = line.split(/: ?(.*)/s, 2)
      if (field === '') this.comments++
      else if (field === 'id') id = value
      else if (field === 'event') name = value
      else if (field === 'data') data = data === undefined ? value : `${data}\n${value}`
      else if (field === 'retry') this.retryMs = Number(value)
      else throw new Error(`no field of server-sent events: ${field}`)
    }
    if (id !== undefined) this.lastEventId = id
    if (data !== undefined) this.events.push({ id, name, data })
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#done
  }
}
