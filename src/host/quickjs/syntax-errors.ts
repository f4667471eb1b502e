import type { Compiled } from '../engine/engine.ts'

type SyntaxErrorResult = Extract<Compiled, { readonly type: 'syntax_error' }>
type Location = { readonly line: number; readonly column: number }

/** The words of V8 for messages of QuickJS that depend on nothing. */
const plainWords: ReadonlyMap<string, string> = new Map([
  ['return not in a function', 'Illegal return statement'],
  ['missing initializer for variable', 'Missing initializer in const declaration'],
  ["'super' is only valid in a method", "'super' keyword unexpected here"],
  ["unexpected 'await' keyword", 'await is only valid in async functions and the top level bodies of modules'],
  ["unexpected 'yield' keyword", 'Unexpected strict mode reserved word'],
  ['expecting catch or finally', 'Missing catch or finally after try'],
  ['function name expected', 'Function statements require a function name'],
  ['new.target only allowed within functions', 'new.target expression is not allowed here'],
  ['invalid number literal', 'Invalid or unexpected token'],
  ['invalid keyword: with', 'Strict mode code may not include a with statement'],
  ['invalid regular expression flags', 'Invalid regular expression flags'],
  [
    "lexical declarations can't appear in single-statement context",
    'Lexical declaration cannot appear in a single-statement context',
  ],
  ['cannot delete a direct reference in strict mode', 'Delete of an unqualified identifier in strict mode.'],
  ['invalid lvalue in strict mode', 'Unexpected eval or arguments in strict mode'],
])

/** Messages of QuickJS for a token that cannot stand at its location. */
const unexpectedHere =
  /^(?:expecting '.'|expecting field name|variable name expected|invalid property name|invalid switch statement|class statement requires a name|string expected|expecting target)$/

/** Returns a syntax error in the words of V8, with its location, from the message and the stack of QuickJS. */
export function syntaxErrorOf(message: string, stack: string, source: string): SyntaxErrorResult {
  const [, line, column] = /exec_main\.mjs:(\d+):(\d+)/.exec(stack) ?? []
  const location = line === undefined ? null : { line: Number(line), column: Number(column) }
  return { type: 'syntax_error', message: wordsOf(message, location, source), location }
}

function wordsOf(message: string, location: Location | null, source: string): string {
  const plain = plainWords.get(message)
  if (plain !== undefined) return plain
  const [before, after] = location === null ? ['', ''] : aroundOf(location, source)
  if (message === 'unexpected end of string') {
    return after.startsWith('`') ? 'Unterminated template literal' : 'Invalid or unexpected token'
  }
  if (message.startsWith('invalid redefinition of')) {
    const [name] = /[\p{ID_Continue}$]+\s*$/u.exec(before) ?? []
    return name === undefined ? message : `Identifier '${name.trim()}' has already been declared`
  }
  if (message === 'break/continue label not found') {
    const [name] = /^[\p{ID_Continue}$]+/u.exec(after) ?? []
    return name === undefined ? message : `Undefined label '${name}'`
  }
  if (message.startsWith('unexpected token in expression: ') || unexpectedHere.test(message)) {
    return location === null ? message : unexpectedText(after)
  }
  return message
}

/** Returns the source before a location and from it on. */
function aroundOf({ line, column }: Location, source: string): readonly [string, string] {
  let start = 0
  for (let left = line - 1; left > 0; left--) start = source.indexOf('\n', start) + 1
  const at = start + column - 1
  return [source.slice(0, at), source.slice(at)]
}

/** Returns the words of V8 for the token at the start of a source. */
function unexpectedText(source: string): string {
  const text = source.replace(/^(?:\s|\/\/.*|\/\*[^]*?\*\/)+/, '')
  const [word] = /^[\p{ID_Start}$_][\p{ID_Continue}$]*/u.exec(text) ?? []
  if (text === '') return 'Unexpected end of input'
  if (word !== undefined) return wordText(word)
  if (/^["']/.test(text)) return 'Unexpected string'
  if (text.startsWith('`')) return 'Unexpected template string'
  if (/^\.?\d/.test(text)) return 'Unexpected number'
  const [sign] = /^(?:\.\.\.|=>|[=!]==?|\*\*=?|(?:&&|\|\||\?\?|<<|>>>?)=?|\+\+|--|[-+*/%&|^<>]=|\?\.|[^])/.exec(
    text,
  ) ?? ['']
  return /^[@#\\]/.test(text) ? 'Invalid or unexpected token' : `Unexpected token '${sign}'`
}

function wordText(word: string): string {
  if (strictWords.has(word)) return 'Unexpected strict mode reserved word'
  if (word === 'enum' || word === 'await') return 'Unexpected reserved word'
  return keywords.has(word) ? `Unexpected token '${word}'` : `Unexpected identifier '${word}'`
}

const strictWords: ReadonlySet<string> = new Set(
  'implements interface let package private protected public static yield'.split(' '),
)
const keywords: ReadonlySet<string> = new Set(
  `break case catch class const continue debugger default delete do else export extends false finally for function if import in
  instanceof new null return super switch this throw true try typeof var void while with`.split(/\s+/),
)
