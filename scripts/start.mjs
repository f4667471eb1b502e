// `npm start` runs the example; `npm start -- <anything>` is the command line itself, from source. In this process, so
// that a signal to it reaches the command line.
const example = ['exec', 'examples/cells/repository-report.js', '--config', 'examples/cells/mcp.json']
const args = process.argv.slice(2)

if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`codecell needs Node 24 or newer; this is Node ${process.versions.node}: use "npm start"`)
  process.exit(4)
}
if (args.length === 0) {
  process.on('exit', (status) => {
    if (status === 0) console.error('\nYour own: npm start -- exec my-cell.js --config mcp.json')
  })
}
const { main } = await import('../src/cli/main.ts')
await main(args.length === 0 ? example : args)
