declare module 'cross-spawn' {
  import type { ChildProcessByStdio, SpawnOptionsWithStdioTuple, StdioPipe } from 'node:child_process'
  import type { Readable, Writable } from 'node:stream'

  /** Starts a process like `spawn` of Node. On Windows a script runs in `cmd.exe`. */
  export default function spawn(
    command: string,
    args: readonly string[],
    options: SpawnOptionsWithStdioTuple<StdioPipe, StdioPipe, StdioPipe>,
  ): ChildProcessByStdio<Writable, Readable, Readable>
}
