import { createSession } from '../../src/index.ts'
import { postgresStore } from '../../src/store.ts'

// The node that `failover-figure.ts` kills: its program calls a tool in a loop.

const [url = '', tenant = ''] = process.argv.slice(2)
let calls = 0
const tools = [
  {
    name: 'tick',
    annotations: { readOnlyHint: true },
    call: () => {
      if (++calls === 20) process.send?.('ticking')
    },
  },
]
const session = await createSession({ store: postgresStore(url, { tenant }), sessionId: 'work', tools })
const loop = 'for (;;) { await tools.tick({}).catch(() => 0); await new Promise((resolve) => setTimeout(resolve, 20)) }'
await session.execute(loop, { yieldTimeMs: 600_000 })
