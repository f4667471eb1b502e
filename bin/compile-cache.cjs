'use strict'
// Old syntax on purpose, like `supported-node.cjs`.

/**
 * Makes Node keep the compiled code of the command, which halves the time to load it. The folder belongs to this user alone: a user who
 * can write into it could change what the next command runs. Without such a folder nothing is kept.
 */
function enable() {
  var module = require('module')
  if (!module.enableCompileCache || process.env.NODE_COMPILE_CACHE !== undefined) return
  var folder = privateFolder()
  if (folder !== null) module.enableCompileCache(folder)
}

/** Returns the folder of the cache. Null when it cannot be made, or when another user can write into it. */
function privateFolder() {
  var fs = require('fs')
  var path = require('path')
  try {
    var caches = process.env.XDG_CACHE_HOME || path.join(require('os').homedir(), '.cache')
    if (!path.isAbsolute(caches)) return null
    var folder = path.join(caches, 'codecell', 'compiled')
    fs.mkdirSync(folder, { recursive: true, mode: 448 })
    var stat = fs.lstatSync(folder)
    var isOwn = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 18) === 0)
    return stat.isDirectory() && isOwn ? folder : null
  } catch {
    return null
  }
}

module.exports = { enable: enable }
