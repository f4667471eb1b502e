#!/usr/bin/env node
// Old syntax on purpose: every Node must parse this file, so that it can report the supported versions.
import supported from './supported-node.cjs'
import compileCache from './compile-cache.cjs'

var problem = supported.runtimeProblem(supported.currentRuntime())
if (problem !== null) {
  console.error(problem)
  process.exit(4)
}
compileCache.enable()
void import('../dist/cli/bin.js')
