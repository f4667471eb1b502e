import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSession, type CellOutcome, type Session } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { profiles } from './hosts-under-test.ts'
import { matching, summaryOf } from './outcome-summary.ts'
import { perEngine } from '../support/engine-differences.ts'

/** Sources that seem to end the wrapper around them, or to run other code. */
const sources: [name: string, source: string, printed: string[], errorText: string | RegExp | null][] = [
  ['closing the wrapper', '}catch{}; try {', [], /^SyntaxError: Unexpected token '}'/],
  ['closing the wrapper and opening it again', '}catch(e){text(e)}finally{', [], /^SyntaxError: Unexpected token '}'/],
  ['closing a function', '})(); (async () => {', [], /^SyntaxError: Unexpected token '}'/],
  ['the end of a comment', '*/ text(1)', [], /^SyntaxError/],
  ['an unterminated comment', 'text(1) /*', [], /^SyntaxError/],
  ['an unterminated string', 'text("1', [], /^SyntaxError/],
  ['an unterminated template', 'text(`1', [], /^SyntaxError/],
  ['a comment at the end', 'text(1) //', ['1'], null],
  ['a line separator in a comment', '// \u2028text(1)', ['1'], null],
  ['a paragraph separator in a comment', '// \u2029text(1)', ['1'], null],
  ['a carriage return in a comment', '// \rtext(1)', ['1'], null],
  ['separators in a string', 'text("\u2028\u2029".length)', ['2'], null],
  ['a byte order mark', '\ufefftext(1)', ['1'], null],
  ['a hash-bang line', '#!/usr/bin/env node\ntext(1)', ['1'], null],
  ['a hash-bang line alone', '#!', [], null],
  ['a hash-bang after a blank', ' #!x', [], /^SyntaxError/],
  ['no content', '', [], null],
  ['a NUL', '\0', [], /^SyntaxError/],
  ['a NUL in a string', 'text("\0".length)', ['1'], null],
  ['binary', 'text("\x01\x7f\xff".length)', ['3'], null],
  ['a lone surrogate', 'text("\ud800x".length)', ['2'], null],
  ['a return', 'return 1', [], /^SyntaxError: Illegal return/],
  [
    'an HTML comment',
    'text(1)\n<!-- x',
    perEngine('syntax', [], ['1']),
    perEngine('syntax', /^SyntaxError: HTML comments/, /^ReferenceError: x is/),
  ],
  ['natives syntax', '%DebugPrint(1)', [], /^SyntaxError/],
  ['with', 'with ({}) {}', [], /^SyntaxError/],
  ['a second declaration', 'let a; let a', [], /^SyntaxError/],
  ['private names outside of a class', '({}).#x', [], /^SyntaxError/],
  ['arguments', 'text(typeof arguments + typeof this)', ['undefinedundefined'], null],
  [
    'own declarations named like helpers',
    'const text2 = text; { const text = 1, exit = 2; text2(text + exit) }',
    ['3'],
    null,
  ],
  ['a declaration of text', 'let text = 1', [], null],
  ['using at top level', 'using a = { [Symbol.dispose]() { text("d") } }; text("a")', ['a', 'd'], null],
  [
    'a source name',
    'text(1)\n//# sourceURL=other.js\nthrow new Error("x")',
    ['1'],
    `Error: x\n    at ${perEngine('stacks', 'other.js', 'exec_main.mjs')}:3:7`,
  ],
  ['a source map', '//# sourceMappingURL=http://localhost:1/\ntext(1)', ['1'], null],
  ['a directive', '"use strict"; text(1)', ['1'], null],
  ['ShadowRealm', 'new ShadowRealm()', [], 'ReferenceError: ShadowRealm is not defined\n    at exec_main.mjs:1:1'],
  ['deep brackets', '('.repeat(100_000), [], /^SyntaxError: Maximum call stack size exceeded/],
  ['deep templates', '`${'.repeat(20_000), [], /^SyntaxError/],
  ['deep lists', `text(${'['.repeat(100_000)}1${']'.repeat(100_000)}.length)`, [], /^SyntaxError|Maximum call stack/],
  ['a long chain', `text(${'1+'.repeat(100_000)}1)`, ['100001'], null],
  [
    'many declarations',
    `${Array.from({ length: 20_000 }, (_, i) => `var v${i} = ${i}`).join(';')}; text(v19999)`,
    ['19999'],
    null,
  ],
]

/** Static imports in every form. Each fails the cell before it runs. */
const imports: [source: string, specifier: string][] = [
  ['import "node:fs"', 'node:fs'],
  ['import fs from "fs"', 'fs'],
  ['import * as fs from "node:fs"', 'node:fs'],
  ['import { readFileSync } from "/etc/passwd"', '/etc/passwd'],
  ['import { readFileSync as r } from "file:///etc/passwd"', 'file:///etc/passwd'],
  ['import fs, { a } from "data:text/javascript,1"', 'data:text/javascript,1'],
  ['import {} from "./exec_main.mjs"', './exec_main.mjs'],
  ['import x from "https://localhost/" with { type: "json" }', 'https://localhost/'],
  ['import { "a b" as c } from ""', ''],
  ['export * from "node:os"', 'node:os'],
  ['export * as os from "node:os"', 'node:os'],
  ['export { a } from "isolated-vm"', 'isolated-vm'],
  ['export { default } from "codecell:prelude"', 'codecell:prelude'],
  ['export { a as "b c" } from "\\u0061"', 'a'],
]

/** Dynamic imports in every form. Each returns a promise that rejects with a string. */
const dynamicImports: string[] = [
  'import("node:fs")',
  'import(`file:///etc/passwd`)',
  'import("x", { with: { type: "json" } })',
  'import(import.meta.url)',
  '(async () => (await import("a")).default)()',
  '(() => { return import /* here */ ("a") })()',
  'class { static p = import("a") }.p',
]

/** Dynamic imports in generated code, which a parser does not see. */
const generatedImports: string[] = [
  'eval("import(\'a\')")',
  '(0, eval)("import(\'a\')")',
  'new Function("return import(\'a\')")()',
  '(async () => {}).constructor("return import(\'a\')")()',
]

/** Module syntax that a host strips. The code around it keeps its meaning. */
const moduleSyntax: [source: string, printed: string[]][] = [
  ['export default function () {} text(1)', ['1']],
  ['export default function () {}\n(text)(1)', ['1']],
  ['export default class {}\n[1].forEach((n) => text(n))', ['1']],
  ['export default (a) => a; text(1)', ['1']],
  ['export default async () => {}; text(1)', ['1']],
  ['let x = 1; export default x = 5; text(x)', ['5']],
  ['export default true || text("wrong"); text(1)', ['1']],
  ['export default true ? text(1) : text("wrong")', ['1']],
  ['const a = 4\nexport { a };\n(text)(5)', ['5']],
  ['const a = 4\nexport { a }\n;[5].forEach((n) => text(n))', ['5']],
  ['text(1)\nexport {}\n[5].forEach((n) => text(n))', ['1', '5']],
  [`text([${'0,'.repeat(200_000)}].length) // import`, ['200000']],
]

describe.each(profiles)('a source on %s hosts', (profile) => {
  let session: Session
  beforeAll(async () => {
    session = await createSession({ hosts: sharedHosts(profile) })
  })
  afterAll(() => session.close())
  const run = (source: string): Promise<CellOutcome> => session.execute(source, { yieldTimeMs: 600_000 })

  test.each(sources)('a host compiles a source with %s unchanged', async (_name, source, printed, errorText) => {
    const type = errorText === null ? 'completed' : 'failed'
    expect(summaryOf(await run(source))).toEqual({
      type,
      printed,
      errorText: errorText === null ? null : matching(errorText),
    })
  })

  test.each(imports)('a source with `%s` does not run', async (source, specifier) => {
    const errorText = `Unsupported import in exec: ${specifier}`
    expect(summaryOf(await run(`text("ran")\n${source}`))).toEqual({ type: 'failed', printed: [], errorText })
  })

  test.each(dynamicImports)('the expression `%s` rejects with a string', async (source) => {
    const outcome = await run(`await (${source}).catch((e) => text(e))`)
    expect(summaryOf(outcome)).toEqual({ type: 'completed', printed: ['unsupported import in exec'], errorText: null })
  })

  test.each(generatedImports)('the expression `%s` imports nothing', async (source) => {
    const outcome = await run(`await (${source}).catch((e) => text(String(e)))`)
    expect(summaryOf(outcome)).toEqual({
      type: 'completed',
      printed: [expect.stringMatching(/unsupported import in exec|Not supported/)],
      errorText: null,
    })
  })

  test.each(moduleSyntax)('module syntax %# does not change the code around it', async (source, printed) => {
    expect(summaryOf(await run(source))).toEqual({ type: 'completed', printed, errorText: null })
  })
})

// A trap makes the parser unusable, and its thread also serves the next source.
test('a session accepts TypeScript after a source that breaks the parser', async () => {
  await using own = await createSession({ hosts: sharedHosts('in-process') })
  const typed = 'const n: number = 1; text(n)'
  expect(summaryOf(await own.execute(typed))).toEqual({ type: 'completed', printed: ['1'], errorText: null })
  await own.execute(`const n: number = ${'('.repeat(50_000)}1${')'.repeat(50_000)}`)
  expect(summaryOf(await own.execute(typed))).toEqual({ type: 'completed', printed: ['1'], errorText: null })
})
