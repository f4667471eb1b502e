import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type IsolatedVm from 'isolated-vm'
import { packageRequire } from '../../package/package-file.ts'

const require = packageRequire()

/**
 * The package isolated-vm, which is optional. Only the V8 engine imports this module. `require` at run time keeps it out of bundles,
 * which could not contain its binary.
 */
export const ivm: typeof IsolatedVm = publishedBinary() ?? require('isolated-vm')

/**
 * Loads the binary that the package has for this Node; null if there is none, or one was compiled on this machine. The package searches
 * folders for it, which takes 4 ms.
 */
function publishedBinary(): typeof IsolatedVm | null {
  const { platform, arch, versions } = process
  const libc = platform !== 'linux' ? '' : existsSync('/etc/alpine-release') ? '.musl' : '.glibc'
  try {
    const folder = dirname(require.resolve('isolated-vm/package.json'))
    if (existsSync(join(folder, 'build'))) return null
    const name = `isolated-vm.abi${versions.modules}${libc}.node`
    const binary: { readonly ivm: typeof IsolatedVm } = require(join(folder, 'prebuilds', `${platform}-${arch}`, name))
    return binary.ivm
  } catch {
    return null
  }
}
