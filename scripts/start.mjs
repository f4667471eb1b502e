// `npm start` runs the example; `npm start -- <anything>` is the command line itself, from source. In this process, so
// that a signal to it reaches the command line.
import supported from '../bin/supported-node.cjs'

const example = ['exec', 'examples/cells/repository-report.js', '--config', 'examples/cells/mcp.json']
const args = process.argv.slice(2)

const problem = supported.runtimeProblem(supported.currentRuntime())
if (problem !== null) {
  console.error(`${problem} "npm start" brings its own.`)
  process.exit(4)
}
if (args.length === 0) {
  process.on('exit', (status) => {
    if (status === 0) console.error('\nYour own: npm start -- exec my-cell.js --config mcp.json')
  })
}
const { main } = await import('../src/cli/main.ts')
await main(args.length === 0 ? example : args)
