import { messageOf } from '../errors.ts'
import { packageRequire } from '../package/package-file.ts'
import { isolateBinary, type IsolateBinary } from './isolate-binary.ts'

/** Whether hosts of this installation can run V8 isolates, or the reason why not, with the next step. */
export type V8Support =
  | { readonly type: 'available' }
  | { readonly type: 'missing'; readonly reason: string; readonly advice: string }

const available: V8Support = { type: 'available' }

let found: V8Support | null = null
let loaded: V8Support | null = null

/** Returns whether isolated-vm is installed with a binary for this process. It looks once, and loads nothing. */
export function findV8(): V8Support {
  found ??= supportOf(isolateBinary())
  return found
}

/** Returns whether isolated-vm loads in this process. It looks once. A binary for another runtime is not loaded: it can crash. */
export function loadV8(): V8Support {
  loaded ??= findV8().type === 'missing' ? findV8() : tryLoad(() => packageRequire()('isolated-vm'))
  return loaded
}

function supportOf(binary: IsolateBinary): V8Support {
  return binary.type === 'missing' ? binary : available
}

/** Loads isolated-vm. */
export function tryLoad(load: () => unknown): V8Support {
  try {
    load()
    return available
  } catch (cause) {
    const [line = ''] = messageOf(cause).split('\n')
    return { type: 'missing', reason: `isolated-vm does not load: ${line}`, advice: 'Run "npm rebuild isolated-vm"' }
  }
}
