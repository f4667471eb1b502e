import './platform/disposal.ts'
export { serveHost, type WorkerScope } from './portable/serve-host.ts'
