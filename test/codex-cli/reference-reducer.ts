import { installReference } from '../../scripts/reference/install-reference.ts'
import { reduceWithReference } from '../../scripts/reference/reduce-trace.ts'

/** Reduces a bundle with the command of the reference. Returns the text of its error. */
export async function referenceReducer(): Promise<(bundle: string) => unknown> {
  const { codex } = await installReference()
  return (bundle) => reduceWithReference(codex, bundle)
}
