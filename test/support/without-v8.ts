/** Flags of Node with which isolated-vm cannot be found. */
export const withoutV8: readonly string[] = [
  '--import',
  `data:text/javascript,${encodeURIComponent(`
import Module from 'node:module'
const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  if (!/^isolated-vm(\\/|$)/.test(request)) return resolve.call(this, request, ...rest)
  throw Object.assign(new Error("Cannot find module 'isolated-vm'"), { code: 'MODULE_NOT_FOUND' })
}
`)}`,
]
