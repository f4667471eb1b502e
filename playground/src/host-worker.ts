import { serveHost } from '../../src/portable-worker.ts'

serveHost()
