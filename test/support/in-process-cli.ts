import { Readable, Writable } from 'node:stream'
import type { Io } from '../../src/cli/common/io.ts'
import { runCommandLine } from '../../src/cli/main.ts'
import type { CliResult } from './cli.ts'

/** Collects the data that is written to it. */
export class Written extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

export type InProcessOptions = {
  readonly stdin?: string | Buffer
  /** The folder that `codecell add` configures. Other paths are relative to the working folder of the test. */
  readonly cwd?: string
  /** Other services of the command. */
  readonly io?: Partial<Io>
}

/** Runs the command line in the process of the test. */
export async function runInProcess(
  args: readonly string[],
  { stdin = '', cwd = process.cwd(), io = {} }: InProcessOptions = {},
): Promise<CliResult> {
  const stdout = new Written()
  const stderr = new Written()
  const input = Readable.from([Buffer.from(stdin)])
  const code = await runCommandLine(args, { stdin: input, stdout, stderr, env: {}, project: cwd, home: cwd, ...io })
  return { code, out: stdout.text, err: stderr.text }
}
