import type { CellOutcome } from '../../session/api/outcome.ts'
import type { Catalogue } from '../../tools/catalogue.ts'
import { codeFrame } from './code-frame.ts'
import { parseModule } from './syntax-tree.ts'

/** In UTF-16 units; longer sources get no hints. */
const maxSourceLength = 512 * 1024

/**
 * Adds hints to the error text of a failed program: the line of a syntax error, what to do instead of a shell command, and what to use
 * instead of `console`. Returns any other outcome as it is.
 */
export function explainFailure(outcome: CellOutcome, source: string, catalogue: Catalogue): CellOutcome {
  if (outcome.type !== 'failed' || source.length > maxSourceLength) return outcome
  const { errorText, items } = outcome
  const atStart =
    items.length > 0 ? [] : [...frameLines(errorText, source), ...shellLines(errorText, source, catalogue)]
  const advice = [...atStart, ...consoleLines(errorText)]
  return advice.length === 0 ? outcome : { ...outcome, errorText: [errorText, ...advice].join('\n') }
}

function frameLines(errorText: string, source: string): string[] {
  const found = /^SyntaxError: [^\n]*\n {4}at exec_main\.mjs:(\d+):(\d+)$/.exec(errorText)
  // A program that compiles has thrown this error itself, at a location that is not necessarily the cause.
  if (found === null || parseModule(source) !== null) return []
  return [codeFrame(source, { line: Number(found[1]), column: Number(found[2]) })]
}

function consoleLines(errorText: string): string[] {
  if (!errorText.startsWith('ReferenceError: console is not defined')) return []
  return ['Programs have no console: text(value) appends to the output.']
}

const shellCommands = new Set(
  (
    'ls cat cd pwd git npm npx pnpm yarn pip pip3 python python3 node bash sh zsh grep rg find echo curl wget mkdir rm cp mv ' +
    'sed awk head tail make cargo go docker touch chmod which sudo export source tree wc diff apt apt-get brew'
  ).split(' '),
)

function shellLines(errorText: string, source: string, catalogue: Catalogue): string[] {
  const command = /^\s*(?:\$\s+)?([a-z][a-z0-9-]*)(?:\s+[^\s=(]|\s*$)/.exec(source)?.[1]
  const isScript = /^#!\s*\/\S*\b(?:ba|z)?sh\b/.test(source)
  if (!isScript && (command === undefined || !shellCommands.has(command))) return []
  if (!errorText.startsWith('SyntaxError: ') && !errorText.startsWith('ReferenceError: ')) return []
  const runner = catalogue.entries.find(({ identifier }) =>
    /(?:^|_)(?:exec_command|shell|bash|run_command)$/.test(identifier),
  )
  const way =
    runner === undefined ? 'what tools there are is in ALL_TOOLS' : `commands run with tools.${runner.identifier}`
  return [`exec takes a JavaScript program, not a shell command; ${way}.`]
}
