import { serveHost } from './serve.ts'

// The host process.
serveHost(null)
