/** Something to be done at a time. */
export type Appointment = { readonly atMs: number; run: ((nowMs: number) => void) | undefined }

/** What a machine has to do later, earliest first: a binary heap. Its owner bounds what it enters. */
export class Agenda {
  readonly #heap: Appointment[] = []

  /** When the next appointment is, Unix milliseconds. */
  get nextMs(): number | undefined {
    while (this.#heap.length > 0 && !this.#heap[0]?.run) this.#pop()
    return this.#heap[0]?.atMs
  }

  get size(): number {
    return this.#heap.length
  }

  at(atMs: number, run: (nowMs: number) => void): Appointment {
    const appointment = { atMs, run }
    const heap = this.#heap
    let at = heap.push(appointment) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] as Appointment
      if (above.atMs <= atMs) break
      heap[at] = above
      at = parent
    }
    heap[at] = appointment
    return appointment
  }

  /** It stays in the heap, empty, until its time comes. */
  cancel(appointment: Appointment): void {
    appointment.run = undefined
  }

  /** Runs what is due. What this enters for now or before runs the next time, so that a call always ends. */
  runDue(nowMs: number): void {
    const due: Appointment[] = []
    for (let next = this.nextMs; next !== undefined && next <= nowMs; next = this.nextMs) due.push(this.#pop())
    for (const { run } of due) run?.(nowMs)
  }

  #pop(): Appointment {
    const heap = this.#heap
    const top = heap[0] as Appointment
    const last = heap.pop() as Appointment
    if (heap.length === 0) return top
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as Appointment).atMs < (heap[child] as Appointment).atMs) child++
      const below = heap[child] as Appointment
      if (below.atMs >= last.atMs) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return top
  }
}
