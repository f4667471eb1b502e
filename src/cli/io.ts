import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'

type Input = Readable & { readonly isTTY?: boolean }

/** Width in characters; some terminals do not know theirs and say 0. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** What a command reads from and writes to, and where it finds the files of clients. */
export type Io = {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder of the project that `codecell add` sets up. */
  readonly project: string
  /** The folder of the user. */
  readonly home: string
}

/** What this process has. Standard input is opened when it is used: most commands do not. */
export const processIo: Io = {
  get stdin() {
    return process.stdin
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  get project() {
    return process.cwd()
  },
  get home() {
    return homedir()
  },
}
