import process from 'node:process'
import { run } from '@p2pmsg/runtime'
import { readConfig } from './config.ts'
import { startRouter } from './router.ts'

await run('router', (context) => startRouter(readConfig(process.env), context))
