import { engineNameIn, loadEngine } from './load-engine.ts'
import { serveHost } from './serve.ts'

// The host process.
serveHost(await loadEngine(engineNameIn(process.argv)), null)
