import { createRequire } from 'node:module'
import type IsolatedVm from 'isolated-vm'

/**
 * The package isolated-vm, which is optional. Only the V8 engine imports this module. `require` at run time keeps it out of bundles,
 * which could not contain its binary.
 */
export const ivm: typeof IsolatedVm = createRequire(import.meta.url)('isolated-vm')
