// Makes images out of what this machine has: nothing is pulled but the services' packages. `./p2pmsg run images` makes those of the
// two servers that integration tests run on through testcontainers, and prints the line to put before `npm test`;
// `./p2pmsg run images --cluster` makes the services' images too, on a base made here, and prints all names.
import { parseArgs } from 'node:util'
import { dockerEngine } from '../deploy/images/engine.ts'
import { buildServiceImages, LOCAL_IMAGES, makeLocalImages } from '../deploy/images/local.ts'

const { values } = parseArgs({
  options: {
    cluster: { type: 'boolean', default: false },
    prefix: { type: 'string', default: 'p2pmsg/' },
    tag: { type: 'string', default: 'dev' },
  },
})
const docker = await dockerEngine()
if (typeof docker === 'string') throw new Error(docker)
const { base, nats, postgres } = LOCAL_IMAGES
await makeLocalImages(values.cluster ? ['base', 'nats', 'postgres'] : ['nats', 'postgres'], docker)
const built = values.cluster ? await buildServiceImages({ base, prefix: values.prefix, tag: values.tag, docker }) : {}
for (const name of Object.values(built)) process.stdout.write(`${name}\n`)
process.stdout.write(`P2PMSG_TEST_DOCKER=${nats},${postgres}\n`)
