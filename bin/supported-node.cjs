'use strict'
// Old syntax on purpose: every Node must parse this file, so that it can report the supported versions.
// `engines` of package.json has the oldest version. Bun, Deno and Electron report the version of Node that they follow.
var oldest = require('../package.json').engines.node.replace('>=', '')
var wanted = 'Node ' + oldest + ' or newer'

/** Returns the runtime of this program: its name and its own version. */
function currentRuntime() {
  var versions = process.versions
  var name = versions.bun ? 'Bun' : typeof Deno !== 'undefined' ? 'Deno' : versions.electron ? 'Electron' : 'Node'
  return {
    name: name,
    version: versions.bun || versions.deno || versions.electron || versions.node,
    node: versions.node,
    abi: versions.modules,
    platform: process.platform,
    arch: process.arch,
    isMusl: isMusl,
  }
}

/** Decides like the loader of isolated-vm. Called for a binary only: a bundle as an ES module cannot require `fs`. */
function isMusl() {
  try {
    return process.platform === 'linux' && require('fs').existsSync('/etc/alpine-release')
  } catch {
    return false
  }
}

/** Returns the binary of isolated-vm for a runtime, as a path in that package. */
function binaryFile(runtime) {
  var libc = runtime.platform === 'linux' ? (runtime.isMusl() ? '.musl' : '.glibc') : ''
  return 'prebuilds/' + runtime.platform + '-' + runtime.arch + '/isolated-vm.abi' + runtime.abi + libc + '.node'
}

/** Returns why codecell cannot run and what to do, or null if it can. */
function runtimeProblem(runtime) {
  var actual = runtime.node.split('.').map(Number)
  var least = oldest.split('.').map(Number)
  if (actual[0] > least[0] || (actual[0] === least[0] && actual[1] >= least[1])) return null
  var here = runtime.name + ' ' + runtime.version + (runtime.name === 'Node' ? '' : ' (Node ' + runtime.node + ')')
  return 'codecell does not run in ' + here + ': it needs ' + wanted + '. Install ' + wanted + '.'
}

/** Throws `NODE_UNSUPPORTED` if codecell cannot run. */
function checkRuntime() {
  var problem = runtimeProblem(currentRuntime())
  if (problem === null) return
  var error = new Error(problem)
  error.name = 'CodecellError'
  error.code = 'NODE_UNSUPPORTED'
  throw error
}

exports.binaryFile = binaryFile
exports.checkRuntime = checkRuntime
exports.currentRuntime = currentRuntime
exports.runtimeProblem = runtimeProblem
exports.wanted = wanted
