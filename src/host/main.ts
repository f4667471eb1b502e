import { engineSettingsIn, loadEngine } from './load-engine.ts'
import { serveHost } from './serve.ts'

// The host process. Without a top-level `await`, which CommonJS does not have.
const { name, maxThreads } = engineSettingsIn(process.argv)
void loadEngine(name, maxThreads).then((engine) => serveHost(engine, null))
