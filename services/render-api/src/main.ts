import { run } from '@p2pmsg/runtime'
import { readConfig } from './config.ts'
import { startRenderApi } from './render-api.ts'

await run('render-api', (context) => startRenderApi(readConfig(process.env), context))
