import { engineNameIn, loadEngine } from './load-engine.ts'
import { serveHost } from './serve.ts'

// The host process. Without a top-level `await`, which CommonJS does not have.
void loadEngine(engineNameIn(process.argv)).then((engine) => serveHost(engine, null))
