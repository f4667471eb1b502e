import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { failoverFigure } from './fleet/failover-figure.ts'
import { figureHeader, figureRow, type Figure } from './fleet/figure.ts'
import { lostLinkFigure } from './fleet/lost-link-figure.ts'
import { remoteFigures } from './fleet/remote-figures.ts'
import { storeFigures } from './fleet/store-figures.ts'
import { waitingSessions } from './fleet/waiting-sessions.ts'
import { warmCellFigure } from './fleet/warm-cell-figure.ts'
import { machineLine } from './machine-line.ts'

// npm run bench:fleet [-- PART…] [--rounds N] [--before DIR] [--sessions N] [--due N]
// Measures sessions and hosts on many machines, as ratios within one run. PART: cell, store, remote, failover, link, waiting.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    before: { type: 'string' },
    sessions: { type: 'string', default: '1000000' },
    due: { type: 'string', default: '20000' },
  },
})
const rounds = Number(values.rounds)
const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  cell: async () => await warmCellFigure(rounds, values.before),
  store: async () => await storeFigures(rounds),
  remote: async () => await remoteFigures(4 * rounds),
  failover: async () => await failoverFigure(Math.min(rounds, 3)),
  link: async () => await lostLinkFigure(rounds),
}
const chosen = positionals.length === 0 ? [...Object.keys(parts), 'waiting'] : positionals
const unknown = chosen.find((part) => part !== 'waiting' && !Object.hasOwn(parts, part))
if (unknown !== undefined)
  throw new Error(`unknown part "${unknown}": expected ${Object.keys(parts).join(', ')} or waiting`)

// Hosts do not keep the process alive.
const alive = setInterval(() => undefined, 1000)
const rows = chosen.filter((part) => part !== 'waiting')
if (rows.length > 0) console.log(figureHeader.join('\n'))
for (const part of rows) for (const figure of (await parts[part]?.()) ?? []) console.log(figureRow(figure))
if (chosen.includes('waiting')) {
  console.log('\n| sessions that wait | |\n| --- | --- |')
  const lines = waitingSessions({ sessions: Number(values.sessions), due: Number(values.due) })
  for await (const [name, value] of lines) console.log(`| ${name} | ${value} |`)
}
const load = loadavg().map((average) => average.toFixed(1))
console.log(`\n${machineLine({ quick: rounds < 5 })} Load averages at the end: ${load.join(', ')}.`)
clearInterval(alive)
