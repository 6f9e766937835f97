type Event = { readonly atMs: number; readonly order: number; run: (() => void) | undefined }

/** Cancels an event; it is passed over when its time comes. */
export type Cancel = () => void

/** Virtual time: events in order of their time, those of one time in the order in which they were entered. */
export class Timeline {
  readonly #heap: Event[] = []
  #order = 0
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  at(atMs: number, run: () => void): Cancel {
    const event: Event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run }
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!isBefore(event, heap[parent] as Event)) break
      heap[at] = heap[parent] as Event
      at = parent
    }
    heap[at] = event
    return () => {
      event.run = undefined
    }
  }

  /** Lets so much time pass, or less where `until` holds first. @returns whether it does */
  run(forMs: number, until: () => boolean = () => false): boolean {
    const endMs = this.#nowMs + forMs
    for (let done = until(); !done; done = until()) {
      const next = this.#heap[0]
      if (!next || next.atMs > endMs) {
        this.#nowMs = endMs
        return false
      }
      this.#pop()
      if (!next.run) continue
      this.#nowMs = next.atMs
      next.run()
    }
    return true
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Event
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
      if (!isBefore(heap[child] as Event, last)) break
      heap[at] = heap[child] as Event
      at = child
    }
    heap[at] = last
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
