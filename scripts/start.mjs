// `npm start` runs the example; `npm start -- <anything>` runs the command line from source. It runs in this process, so
// that signals reach the command line.
import supported from '../bin/supported-node.cjs'

const example = ['exec', 'examples/cells/repository-report.js', '--config', 'examples/cells/mcp.json']
const args = process.argv.slice(2)

const problem = supported.runtimeProblem(supported.currentRuntime())
if (problem !== null) {
  console.error(`${problem} "npm start" installs a supported Node.`)
  process.exit(4)
}
if (args.length === 0) {
  process.on('exit', (status) => {
    if (status === 0) console.error('\nRun your own program: npm start -- exec my-cell.js --config mcp.json')
  })
}
const { main } = await import('../src/cli/main.ts')
await main(args.length === 0 ? example : args)
