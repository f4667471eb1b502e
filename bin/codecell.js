#!/usr/bin/env node
// Old syntax on purpose: it has to be read by whatever Node is there, to say which one is needed.
import supported from './supported-node.cjs'

var problem = supported.runtimeProblem(supported.currentRuntime())
if (problem !== null) {
  console.error(problem)
  process.exit(4)
}
void import('../dist/cli/bin.js')
