import { run } from '@p2pmsg/runtime'
import { readConfig } from './config.ts'
import { startStore } from './store.ts'

await run('store', (context) => startStore(readConfig(process.env), context))
