// A process that runs get-telehash, the last maintained Telehash v1 switch: it keeps its state in its module, so each peer is one.
// Arguments: the seed's address, the end to tap. Parent → peer: {announce: signals}. Peer → parent: {online}, {heard}, {peers}.
import { telehash } from 'get-telehash'

const [seed = '', end = ''] = process.argv.slice(2)
const tell = (message: object): void => void process.send?.(message)

telehash.init({ seeds: [seed], mode: telehash.MODE.FULL, interface: '127.0.0.1' }, (error) => {
  if (error) throw error
  telehash.seed((status, info) => {
    if (status === 'online') tell({ online: info })
  })
  telehash.tap(end, { has: ['+wall'] }, (_from, telex) => tell({ heard: telex }))
})

process.on('message', (message: { announce?: Record<string, unknown> }) => {
  if (message.announce) telehash.announce(end, message.announce)
  else tell({ peers: telehash.peers() })
})
process.on('disconnect', () => process.exit())
