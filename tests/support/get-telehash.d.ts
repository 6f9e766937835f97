/** The part of get-telehash 0.2.2 that the tests use; it brings no types. */
declare module 'get-telehash' {
  export const telehash: {
    MODE: { FULL: 3; LISTENER: 2; ANNOUNCER: 1 }
    init(
      options: { port?: number; seeds: string[]; mode: number; interface: string },
      ready: (error?: Error) => void,
    ): void
    seed(onStatus: (status: string, info?: string) => void): void
    tap(end: string, rule: object, onTelex: (from: { ipp: string }, telex: Record<string, unknown>) => void): void
    announce(end: string, signals: Record<string, unknown>): void
    dial(end: string): string
    peers(): string[]
  }
}
