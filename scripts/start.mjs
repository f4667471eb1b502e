// `npm start` runs the example; `npm start -- <anything>` is the command line itself, from source.
import { spawnSync } from 'node:child_process'

const example = ['exec', 'examples/cells/repository-report.js', '--config', 'examples/cells/mcp.json']
const args = process.argv.slice(2)
const { status } = spawnSync(process.execPath, ['src/cli/bin.ts', ...(args.length === 0 ? example : args)], {
  stdio: 'inherit',
})
if (args.length === 0 && status === 0) {
  console.error('\nYour own: npm start -- exec my-cell.js --config mcp.json')
}
process.exit(status ?? 1)
