/** Something with a deadline; `slot` is the heap's own. */
export type Timed = { slot: number; dueMs: number }

/** Who is due next, among many whose deadlines move all the time: a binary heap that knows where each of them stands. */
export class Deadlines<T extends Timed> {
  readonly #heap: T[] = [] // BOUNDED by its owner's table

  get nextMs(): number | undefined {
    return this.#heap[0]?.dueMs
  }

  get size(): number {
    return this.#heap.length
  }

  /** @param dueMs undefined = never */
  set(item: T, dueMs: number | undefined): void {
    if (dueMs === undefined) return this.delete(item)
    item.dueMs = dueMs
    if (item.slot < 0) item.slot = this.#heap.push(item) - 1
    this.#down(this.#up(item.slot))
  }

  delete(item: T): void {
    const { slot } = item
    if (slot < 0) return
    item.slot = -1
    const last = this.#heap.pop() as T
    if (last === item) return
    this.#put(last, slot)
    this.#down(this.#up(slot))
  }

  /** Takes out all that are due, earliest first. */
  takeDue(nowMs: number): T[] {
    const due: T[] = []
    for (let next = this.#heap[0]; next && next.dueMs <= nowMs; next = this.#heap[0]) {
      this.delete(next)
      due.push(next)
    }
    return due
  }

  #up(slot: number): number {
    const item = this.#heap[slot] as T
    while (slot > 0) {
      const parent = (slot - 1) >> 1
      const above = this.#heap[parent] as T
      if (above.dueMs <= item.dueMs) break
      this.#put(above, slot)
      slot = parent
    }
    this.#put(item, slot)
    return slot
  }

  #down(slot: number): void {
    const heap = this.#heap
    const item = heap[slot] as T
    for (;;) {
      let child = 2 * slot + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] as T).dueMs < (heap[child] as T).dueMs) child++
      const below = heap[child] as T
      if (below.dueMs >= item.dueMs) break
      this.#put(below, slot)
      slot = child
    }
    this.#put(item, slot)
  }

  #put(item: T, slot: number): void {
    this.#heap[slot] = item
    item.slot = slot
  }
}
