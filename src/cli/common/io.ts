import { homedir } from 'node:os'
import type { Readable, Writable } from 'node:stream'

type Input = Readable & { readonly isTTY?: boolean }

/** The width is in characters; some terminals report 0. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The streams, variables and folders of a command. */
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

/** The streams, variables and folders of this process. Standard input is opened on first use: most commands do not need it. */
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
