import { parse, type Comment, type Node, type Program } from 'acorn'
import { messageOf } from '../../errors.ts'
import type { Compiled } from '../engine/engine.ts'
import { moduleName, type CellModule, type Isolate } from './isolate.ts'
import { mayHaveTextSites, textSites } from './text-sites.ts'

/**
 * Compiles the source of a cell as the module `exec_main.mjs`. V8 checks the source as it stands. Then the parts that
 * cannot stand inside the wrapper of `Isolate.load` are replaced without a change of length, so lines and columns stay
 * what the model wrote. With `isLocated`, calls of `text` get their locations from the source where that is possible.
 */
export function loadSource(isolate: Isolate, text: string, { isLocated }: { readonly isLocated: boolean }): Compiled {
  const source = text.startsWith('#!') ? `//${text.slice(2)}` : text
  try {
    const [specifier] = isolate.check(source)
    if (specifier !== undefined) return { type: 'import', specifier }
    isolate.load(moduleOf(source, isLocated))
    return { type: 'ready' }
  } catch (error) {
    return syntaxErrorOf(messageOf(error))
  }
}

/** Separates the location, which isolated-vm appends to the message of V8 as `[file:line:column]`. */
function syntaxErrorOf(message: string): Compiled {
  const located = /^(.*) \[exec_main\.mjs:(\d+):(\d+)\]$/s.exec(message)
  if (located === null) return { type: 'syntax_error', message, location: null }
  const [, text = '', line, column] = located
  return { type: 'syntax_error', message: text, location: { line: Number(line), column: Number(column) } }
}

/**
 * Blanks `export`, directs `import(…)` to the driver, and uses the name that a source gives itself as the name of the
 * file.
 */
function moduleOf(source: string, isLocated: boolean): CellModule {
  const names = { driverName: unusedName('$cell', source), importName: null, fileName: moduleName, sites: [] }
  const module = { source, ...names, shiftsEvals: /eval|Function|constructor/.test(source) }
  const mayHaveSites = isLocated && mayHaveTextSites(source)
  if (!mayHaveSites && !/\b(?:import|export)\b|sourceURL=/.test(source)) return module
  const parsed = tryParse(source)
  if (parsed === null) return module
  const importName = unusedName('$mport', source)
  const imports = importEdits(parsed.program, importName)
  const name = sourceNameOf(parsed.comments)
  const sites = mayHaveSites ? textSites(parsed.program, source) : []
  const renamed = sites.map(({ start, name: text }) => ({ start, end: start + text.length, text }))
  const edits = [...exportEdits(parsed.program, source), ...imports, ...renamed, ...(name?.edits ?? [])]
  return {
    ...module,
    source: applyEdits(source, edits),
    importName: imports.length === 0 ? null : importName,
    fileName: name?.name ?? moduleName,
    sites,
  }
}

/** Returns a name as long as `wanted` that the source does not contain. It depends only on the source. */
function unusedName(wanted: string, source: string): string {
  for (let tries = 0, name = wanted; ; tries++) {
    if (!source.includes(name)) return name
    const suffix = tries.toString(36)
    name = wanted.slice(0, Math.max(1, wanted.length - suffix.length)) + suffix
  }
}

type Parsed = { readonly program: Program; readonly comments: readonly Comment[] }

/** Returns null for syntax that V8 supports and the parser does not: such a source runs unchanged. */
function tryParse(source: string): Parsed | null {
  const comments: Comment[] = []
  try {
    return { program: parse(source, { ecmaVersion: 'latest', sourceType: 'module', onComment: comments }), comments }
  } catch {
    return null
  }
}

/**
 * Returns the name that the last `//# sourceURL=` of a source sets. V8 counts columns of such a source without the
 * offset of the wrapper, so the name becomes the name of the file, and the comment becomes an ordinary one.
 */
function sourceNameOf(comments: readonly Comment[]): { readonly name: string; readonly edits: readonly Edit[] } | null {
  const named = comments.flatMap(({ type, value, start }) => {
    const [, name] = /^[#@][ \t]sourceURL=[ \t]*([^\s'"]*)\s*$/.exec(value) ?? []
    return type === 'Line' && name !== undefined ? [{ name, start: start + 2 }] : []
  })
  const last = named.at(-1)
  if (last === undefined || last.name === '') return null
  return { name: last.name, edits: named.map(({ start }) => ({ start, end: start + 1, text: ' ' })) }
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
    // A declaration without a name is an expression here. `0,` accepts any expression, whose end ends the statement.
    const opened = replaced(source, start, declaration.start, ';0,')
    return isDeclaration ? [opened, { start: declaration.end, end: declaration.end, text: ';' }] : [opened]
  })
}

/** Replaces part of a source, and pads the rest with blanks. */
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

/** Returns the same lines and columns without content. */
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
