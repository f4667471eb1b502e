import { parse, type Node, type Program } from 'acorn'
import { messageOf } from '../errors.ts'
import type { Isolate } from './isolate.ts'

/** What became of a source: ready to run, or the text of the error that it starts with. */
export type LoadedSource =
  | { readonly type: 'ready' }
  | { readonly type: 'rejected'; readonly errorText: string }
  | { readonly type: 'failed'; readonly errorText: string }

/**
 * Compiles a cell's source as the module `exec_main.mjs`. V8 judges the text as it stands; then the parts that cannot
 * stand inside the wrapper of `Isolate.load` are changed in place, so that lines and columns stay what the model wrote.
 */
export function loadSource(isolate: Isolate, text: string): LoadedSource {
  const source = text.startsWith('#!') ? `//${text.slice(2)}` : text
  try {
    const imports = isolate.check(source)
    if (imports[0] !== undefined) {
      return { type: 'failed', errorText: `Unsupported import in exec: ${imports[0]}` }
    }
    isolate.load(withoutModuleSyntax(source, isolate.importName))
    return { type: 'ready' }
  } catch (error) {
    return { type: 'rejected', errorText: syntaxErrorText(error) }
  }
}

/** V8's text with the position on a line of its own; isolated-vm appends it as `[file:line:column]`. */
function syntaxErrorText(error: unknown): string {
  const message = messageOf(error)
  const position = /^(.*) \[exec_main\.mjs:(\d+):(\d+)\]$/s.exec(message)
  return position === null
    ? `SyntaxError: ${message}`
    : `SyntaxError: ${position[1]}\n    at exec_main.mjs:${position[2]}:${position[3]}`
}

/** Takes `export` away and points `import(…)` at the driver. */
function withoutModuleSyntax(source: string, importName: string): string {
  if (!/\b(?:import|export)\b/.test(source)) return source
  const program = tryParse(source)
  if (program === null) return source
  const edits = [...exportEdits(program, source), ...importEdits(program, importName)]
  return applyEdits(source, edits)
}

/** Null for syntax that V8 knows and the parser does not yet: such a source runs unchanged. */
function tryParse(source: string): Program | null {
  try {
    return parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
  } catch {
    return null
  }
}

type Edit = { readonly start: number; readonly end: number; readonly text: string }

function exportEdits(program: Program, source: string): Edit[] {
  return program.body.flatMap((statement) => {
    const { start, end } = statement
    if (statement.type === 'ExportNamedDeclaration') {
      // A list of names ends a statement, also where no semicolon follows.
      const { declaration } = statement
      return [declaration == null ? replaced(source, start, end, ';') : replaced(source, start, declaration.start, '')]
    }
    if (statement.type !== 'ExportDefaultDeclaration') return []
    const { declaration } = statement
    const isDeclaration = declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration'
    if (isDeclaration && declaration.id !== null) return [replaced(source, start, declaration.start, '')]
    // What has no name is an expression here; `0,` takes any, and its end is the end of a statement.
    const opened = replaced(source, start, declaration.start, ';0,')
    return isDeclaration ? [opened, { start: declaration.end, end: declaration.end, text: ';' }] : [opened]
  })
}

/** Puts a text in the place of another, and blanks for what is left of it. */
function replaced(source: string, start: number, end: number, text: string): Edit {
  return { start, end, text: text + blank(source.slice(start + text.length, end)) }
}

function importEdits(program: Program, importName: string): Edit[] {
  const edits: Edit[] = []
  const waiting: unknown[] = [program]
  while (waiting.length > 0) {
    const node = waiting.pop()
    if (isNode(node) && node.type === 'ImportExpression') {
      edits.push({ start: node.start, end: node.start + 6, text: importName })
    }
    if (typeof node !== 'object' || node === null) continue
    // One by one: a literal may have more elements than a call takes arguments.
    for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) waiting.push(child)
  }
  return edits
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** The same lines and columns with nothing on them. */
function blank(text: string): string {
  return text.replace(/[^\r\n\u2028\u2029]/g, ' ')
}

function applyEdits(source: string, edits: readonly Edit[]): string {
  let result = ''
  let from = 0
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    result += source.slice(from, start) + text
    from = end
  }
  return result + source.slice(from)
}
