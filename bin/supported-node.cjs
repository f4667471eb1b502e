'use strict'
// Old syntax on purpose: every version of Node has to be able to read it, to say which one is needed.
// `engines` of package.json is the one list of versions: those that isolated-vm has binaries for.
var engines = require('../package.json').engines.node
var majors = engines.split('||').map(Number)
var wanted = 'Node ' + majors.join(' or ')

/** What runs this program: `name` is that of the program, `version` its own version. */
function currentRuntime() {
  var versions = process.versions
  var name = versions.bun ? 'Bun' : typeof Deno !== 'undefined' ? 'Deno' : versions.electron ? 'Electron' : 'Node'
  return {
    name: name,
    version: versions.bun || versions.deno || versions.electron || versions.node,
    abi: versions.modules,
    platform: process.platform,
    arch: process.arch,
    isMusl: isMusl,
  }
}

/** As the loader of isolated-vm decides. Only asked for a binary: a bundle as an ES module cannot require `fs`. */
function isMusl() {
  try {
    return process.platform === 'linux' && require('fs').existsSync('/etc/alpine-release')
  } catch {
    return false
  }
}

/** The binary of isolated-vm for a runtime, as a path inside that package. */
function binaryFile(runtime) {
  var libc = runtime.platform === 'linux' ? (runtime.isMusl() ? '.musl' : '.glibc') : ''
  return 'prebuilds/' + runtime.platform + '-' + runtime.arch + '/isolated-vm.abi' + runtime.abi + libc + '.node'
}

/** Why codecell cannot run here, and what to do; null where it can. */
function runtimeProblem(runtime) {
  var here = runtime.name + ' ' + runtime.version
  if (runtime.name !== 'Node') {
    return 'codecell does not run in ' + here + ': its isolates need Node itself. Run the program with ' + wanted + '.'
  }
  if (majors.indexOf(Number(runtime.version.split('.')[0])) !== -1) return null
  var missing = 'isolated-vm has no ' + binaryFile(runtime)
  return 'codecell does not run in ' + here + ': it needs ' + wanted + ' (' + missing + '). Install ' + wanted + '.'
}

/** Throws `NODE_UNSUPPORTED` where codecell cannot run. */
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
