import { serveHost } from './serve.ts'
import { v8Engine } from './v8/v8-engine.ts'

// The host process.
serveHost(v8Engine, null)
