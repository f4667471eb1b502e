import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isRecord } from '../../src/protocol/json.ts'
import { parseOutcome } from '../../src/session/api/parse-outcome.ts'
import type { CellOutcome } from '../../src/session/api/outcome.ts'
import { builtProgram } from '../support/built-program.ts'
import { textsOf } from '../support/texts.ts'

const agent = await builtProgram(new URL('example-agent.ts', import.meta.url))
const program = fileURLToPath(new URL('../../examples/cells/repository-report.js', import.meta.url))
const server = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-filesystem/dist/index.js', import.meta.url),
)

/** The result of the example: its exit, its output, and the number of calls that reached the server. */
export type ExampleEnd = { readonly ending: string; readonly printed: readonly string[]; readonly calls: number }

/**
 * Runs the example program of the README against the real filesystem server. For each number, the agent is killed when
 * that many calls have reached the server since its start.
 */
export async function runExample(killsAfter: readonly number[]): Promise<ExampleEnd> {
  const root = mkdtempSync(join(tmpdir(), 'codecell-example-'))
  try {
    const folder = makeFolder(join(root, 'project'))
    const outcomes: CellOutcome[] = []
    let calls = 0
    for (const killAfter of [...killsAfter, Infinity]) {
      const args = [join(root, 'sessions'), program, server, folder, String(outcomes.length)]
      const came = await runAgent(args, killAfter)
      outcomes.push(...came.outcomes)
      calls += came.calls
      if (outcomes.at(-1)?.type !== 'yielded' && outcomes.length > 0) break
    }
    return { ending: outcomes.at(-1)?.type ?? 'nothing', printed: outcomes.flatMap(textsOf), calls }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

type Came = { readonly outcomes: readonly CellOutcome[]; readonly calls: number }

async function runAgent(args: readonly string[], killAfter: number): Promise<Came> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', agent, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const outcomes: CellOutcome[] = []
  let calls = 0
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (text) => {
    const line: unknown = JSON.parse(text)
    if (!isRecord(line)) return
    if (line['outcome'] !== undefined) outcomes.push(parseOutcome(line['outcome']))
    if (line['called'] !== undefined && ++calls === killAfter) child.kill('SIGKILL')
  })
  await Promise.all([once(child, 'close'), once(lines, 'close')])
  return { outcomes, calls }
}

/** A small project for the program to report about. */
function makeFolder(folder: string): string {
  for (const name of ['src', 'docs', 'test']) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let file = 1; file <= 12; file++) {
      writeFileSync(join(folder, name, `${name}-${file}.ts`), `// ${name} ${file}\n`.repeat(file))
    }
  }
  writeFileSync(join(folder, 'README.md'), '# Project\n\n## Use\n\nNothing.\n')
  return folder
}
