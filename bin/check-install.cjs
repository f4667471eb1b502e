'use strict'
// Runs before the package and its dependencies are installed: otherwise isolated-vm tries to compile for minutes.
// A clone of the repository installs its own Node.
if (/[\\/]node_modules[\\/]/.test(__dirname)) {
  var supported = require('./supported-node.cjs')
  var problem = supported.runtimeProblem(supported.currentRuntime())
  if (problem !== null) {
    console.error(problem)
    process.exit(1)
  }
}
