#!/usr/bin/env node
// Old syntax on purpose: it has to be read by whatever Node is there, to say which one is needed.
var major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error('codecell needs Node 24 or newer; this is Node ' + process.versions.node)
  process.exit(4)
}
void import('../dist/cli/bin.js')
