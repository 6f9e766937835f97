/** What a parser makes of bytes from a stranger: the value, or the first fault met. A fault is data to be counted, never an exception. */
export type Parsed<T, F extends string = string> = Ok<T> | Faulty<F>
export type Ok<T> = Readonly<{ ok: true; value: T }>
export type Faulty<F extends string = string> = Readonly<{ ok: false; fault: F }>

export function parsed<T>(value: T): Ok<T> {
  return { ok: true, value }
}

export function faulty<F extends string>(fault: F): Faulty<F> {
  return { ok: false, fault }
}

/** For values of our own making (configuration, tests): the value, or a defect that names the fault. */
export function expectParsed<T>(result: Parsed<T>, what: string): T {
  if (!result.ok) throw new Error(`${what}: ${result.fault}`)
  return result.value
}
