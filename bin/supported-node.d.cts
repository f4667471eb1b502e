/** The runtime of this program. */
export type Runtime = {
  readonly name: 'Node' | 'Bun' | 'Deno' | 'Electron'
  readonly version: string
  /** The version of Node that it follows. */
  readonly node: string
  /** The version of its binary interface, `process.versions.modules`. */
  readonly abi: string
  readonly platform: string
  readonly arch: string
  readonly isMusl: () => boolean
}

export function binaryFile(runtime: Runtime): string
export function checkRuntime(): void
export function currentRuntime(): Runtime
export function runtimeProblem(runtime: Runtime): string | null
/** The supported versions of Node, for texts. */
export const wanted: string
