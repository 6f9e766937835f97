export { type Config, readConfig } from './config.ts'
export { type RenderApi, startRenderApi } from './render-api.ts'
