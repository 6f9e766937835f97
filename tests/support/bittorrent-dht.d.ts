/** The part of bittorrent-dht 11 that tests and benches use; it brings no types. */
declare module 'bittorrent-dht' {
  export type Stored = Readonly<{ v: Buffer; k?: Buffer; seq?: number; sig?: Buffer }>
  export class Client {
    constructor(options: {
      bootstrap: string[] | false
      verify: (signature: Buffer, bytes: Buffer, key: Buffer) => boolean
    })
    listen(port: number, host: string, onListening: () => void): void
    address(): { port: number }
    addNode(node: { id: Buffer; host: string; port: number }): void
    put(
      item: {
        v: Buffer
        k?: Buffer
        seq?: number
        salt?: Buffer
        cas?: number
        sign?: (bytes: Buffer) => Buffer
      },
      done: (error: Error | null, key: Buffer, nodes: number) => void,
    ): void
    get(
      key: Buffer,
      options: { cache: false; salt?: Buffer },
      done: (error: Error | null, stored: Stored | null) => void,
    ): void
    announce(infoHash: Buffer, port: number, done: (error: Error | null) => void): void
    lookup(infoHash: Buffer, done: (error: Error | null, nodes: number) => void): void
    on(event: 'peer', onPeer: (peer: { host: string; port: number }, infoHash: Buffer) => void): void
    destroy(done: () => void): void
  }
}
