import process from 'node:process'
import { run } from '@p2pmsg/runtime'
import { readConfig } from './config.ts'
import { startIngest } from './ingest.ts'

await run('ingest', (context) => startIngest(readConfig(process.env), context))
