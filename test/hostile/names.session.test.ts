import { describe, expect, test } from 'vitest'
import { createSession, type Session } from '../../src/index.ts'
import { textsOf } from '../support/texts.ts'
import { sharedHosts } from '../support/hosts.ts'
import { profiles } from './hosts-under-test.ts'
import { forV8, perEngine } from '../support/engine-differences.ts'

/** Programs that print how they are run, and the texts that they must print. */
const programs: readonly (readonly [name: string, source: string, printed: readonly unknown[]])[] = [
  [
    'the source of a function with an import',
    `const f = async () => { const { x } = await import('https://cdn.example/x.js'); return x }
text(f.toString()); text(String(f)); text(\`\${f}\`); text(Function.prototype.toString.call(f)); text(f + '')`,
    Array.from({ length: 5 }, () => `async () => { const { x } = await import('https://cdn.example/x.js'); return x }`),
  ],
  [
    'the source of a class and of a method with an import',
    `class A { static load() { return import('a') } }
text(A.toString()); text(String(A.load)); text((function f() { return import('b') }).toString())`,
    [
      `class A { static load() { return import('a') } }`,
      `load() { return import('a') }`,
      `function f() { return import('b') }`,
    ],
  ],
  [
    'native functions',
    `void (() => import('a'))
text(Function.prototype.toString.toString()); text(String(Array.isArray)); text(typeof Function.prototype.toString)
text(Object.getOwnPropertyDescriptor(Function.prototype, 'toString').enumerable)
try { Function.prototype.toString.call({}) } catch (error) { text(error.message) }`,
    [
      'function toString() { [native code] }',
      'function isArray() { [native code] }',
      'function',
      'false',
      perEngine('words', "Function.prototype.toString requires that 'this' be a Function", 'not a function'),
    ],
  ],
  [
    'the error of an import that is used without await',
    `try { import('node:fs').readFileSync('/etc/passwd') } catch (error) { text(error.message); text({ error: error.message }) }`,
    ['import(...).readFileSync is not a function', '{"error":"import(...).readFileSync is not a function"}'],
  ],
  [
    'the rejections of import()',
    `for (const load of [() => import('x'), () => import({ toString() { throw 'ts' } }), () => import(Symbol()), () => import('x', 5)])
  try { await load() } catch (error) { text(String(error)) }`,
    [
      'unsupported import in exec',
      'ts',
      'TypeError: Cannot convert a Symbol value to a string',
      `TypeError: ${perEngine('words', 'The second argument to import() must be an object', 'options must be an object')}`,
    ],
  ],
  [
    'the number of globals',
    `text(Object.getOwnPropertyNames(globalThis).filter((name) => /cell|\\$/.test(name)).length); text(typeof $cell)`,
    ['0', 'undefined'],
  ],
  [
    'the location of an error on the first line, with an import before it',
    `import('a').catch(() => {}); try { null.x } catch (error) { text(error.stack.split('\\n')[1]) }`,
    ['    at exec_main.mjs:1:41'],
  ],
  ...forV8<readonly [string, string, readonly string[]]>('stacks', [
    [
      'the location of an eval() on the first line',
      `try { eval('throw new Error(1)') } catch (error) { text(error.stack) }
try { new Function('throw new Error(2)')() } catch (error) { text(error.stack) }`,
      [
        'Error: 1\n    at eval (eval at <anonymous> (exec_main.mjs:1:7), <anonymous>:1:7)\n    at exec_main.mjs:1:7',
        'Error: 2\n    at eval (eval at <anonymous> (exec_main.mjs:2:7), <anonymous>:3:7)\n    at exec_main.mjs:2:41',
      ],
    ],
    [
      'a nested eval()',
      `try { eval("eval('throw new Error(1)')") } catch (error) { text(error.stack.split('\\n').length); text(error.stack) }`,
      [
        '4',
        [
          'Error: 1',
          '    at eval (eval at <anonymous> (eval at <anonymous> (exec_main.mjs:1:7)), <anonymous>:1:7)',
          '    at eval (eval at <anonymous> (exec_main.mjs:1:7), <anonymous>:1:1)',
          '    at exec_main.mjs:1:7',
        ].join('\n'),
      ],
    ],
    [
      'a source with a sourceURL',
      `try { throw new Error('u') } catch (error) { text(error.stack) }\n//# sourceURL=foo.js`,
      ['Error: u\n    at foo.js:1:13'],
    ],
    [
      'a source with a sourceURL and an eval()',
      `try { eval('throw new Error(1)') } catch (error) { text(error.stack) } //# sourceURL=foo.js`,
      ['Error: 1\n    at eval (eval at <anonymous> (foo.js:1:7), <anonymous>:1:7)\n    at foo.js:1:7'],
    ],
  ]),
  [
    'names that the wrapper reserves in other programs',
    `const $mport = 1, $cell = 2; text([$mport, $cell]); try { await import('a') } catch (error) { text(error) }; text(String(() => import('a')))`,
    ['[1,2]', 'unsupported import in exec', `() => import('a')`],
  ],
  [
    'variables with names of the wrapper',
    `var $cell = 1; function $mport() { return import('b') }; text($cell); text(String($mport))`,
    ['1', `function $mport() { return import('b') }`],
  ],
]

describe.each(profiles)('a program on hosts of the %s profile', (profile) => {
  const open = (): Promise<Session> => createSession({ hosts: sharedHosts(profile) })

  test.each(programs)('a program sees %s as written, in every run', async (_name, source, printed) => {
    const runs: (readonly string[])[] = []
    for (let run = 0; run < 2; run++) {
      await using session = await open()
      runs.push(textsOf(await session.execute(source, { yieldTimeMs: 60_000 })))
    }
    expect(runs).toEqual([printed, printed])
  })

  test('a program that fails on its first line reports the location in its source', async () => {
    await using session = await open()
    const errors = []
    for (const source of [
      `eval('throw new Error(1)')`,
      `await 0; import('a').foo()`,
      `throw new Error(String(() => import('a')))`,
      `throw new Error('u') //# sourceURL=foo.js`,
    ]) {
      const outcome = await session.execute(source, { yieldTimeMs: 60_000 })
      errors.push(outcome.type === 'failed' ? outcome.errorText : outcome.type)
    }
    expect(errors).toEqual([
      `Error: 1${perEngine('stacks', '\n    at eval (eval at <anonymous> (exec_main.mjs:1:1), <anonymous>:1:7)', '')}\n    at exec_main.mjs:1:1`,
      'TypeError: import(...).foo is not a function\n    at exec_main.mjs:1:22',
      `Error: () => import('a')\n    at exec_main.mjs:1:7`,
      `Error: u\n    at ${perEngine('stacks', 'foo.js', 'exec_main.mjs')}:1:7`,
    ])
  })
})
