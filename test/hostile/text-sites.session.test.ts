import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSession, type SessionEvent } from '../../src/index.ts'
import { sharedHosts } from '../support/hosts.ts'
import { perEngine } from '../support/engine-differences.ts'

// A located program gets the locations of its `text` calls from its source. The comment at the end of a source turns that off,
// because a source that names the global object can reach `text` in other ways: then locations are those of stacks.
const byStack = '\n// globalThis'

type Run = { readonly events: readonly unknown[]; readonly end: unknown }

/** Returns the events of a program with their locations, and its end. */
async function run(source: string): Promise<Run> {
  const events: unknown[] = []
  const onEvent = (event: SessionEvent): void => {
    if (event.type === 'cell_emitted') events.push({ event: event.event, location: event.location })
  }
  await using session = await createSession({
    hosts: sharedHosts('in-process'),
    tools: [{ name: 'echo', call: (input) => input }],
    listeners: [{ onEvent, wantsSourceLocations: true }],
  })
  const outcome = await session.execute(source)
  return { events, end: 'errorText' in outcome ? outcome.errorText : outcome.type }
}

const statement: fc.Arbitrary<string> = fc.letrec<{ readonly one: string; readonly block: string }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'text(1)',
      'text (2)',
      'text/* no */(3)',
      '(text)(4)',
      '(text(5))',
      'text("é😀"); text(6)',
      'await text(7)',
      'void text(8)',
      '[9, 10].forEach(text)',
      'text?.(11)',
      'const { length } = [text(12)]',
      'text(() => text(13))',
      'text({ text: 14, toJSON() { text(15); return 16 } })',
      'text(await tools.echo(17))',
      'label: for (;;) { text(18); break label }',
      'if (1) text(19); else text(20)',
      perEngine('lines', '\n\r\n\u2028', '\n\r\n'),
      'text(...[21])',
      '/* text(22) */ `${(() => text(23))()} text(24)`',
      'image("data:image/png;base64,AA")',
      'tools.echo({ text: 1 }).then(text)',
      'new (class { text() { text(25) } static text = 26 })().text()',
      'text(26)?.x',
      'text(((n) => { text(n); return n })(27))',
    ),
    tie('block'),
  ),
  block: fc.oneof(
    tie('one').map((body) => `for (let i = 0; i < 3; i++) { ${body} }`),
    tie('one').map((body) => `await (async () => { ${body} })()`),
    tie('one').map((body) => `{ function inner() { ${body.replaceAll('await ', '')} } inner() }`),
    tie('one').map((body) => `await Promise.all([1, 2].map(async (n) => { ${body}; text(n) }))`),
  ),
})).one

const programs = fc
  .array(statement, { minLength: 1, maxLength: 6 })
  .map((lines) => `${lines.join(';\n ')};\nfor (;;) break`)

test('the locations of generated programs are those of their stacks', async () => {
  await fc.assert(
    fc.asyncProperty(programs, async (source) => {
      expect(await run(source)).toEqual(await run(source + byStack))
    }),
    { numRuns: 60 },
  )
})

describe('a program cannot tell how its locations are found', () => {
  test.each([
    ['the source of a function', 'const f = () => text("a"); for (const g of [f, f.toString]) text(String(g)); f()'],
    ['the source of a class', 'class A { static f() { for (;;) { text(1); break } } } text(String(A)); A.f()'],
    ['an error in an argument', 'for (const x of [1]) text(x.y.z)'],
    ['an error that a conversion throws', 'for (const x of [1]) text({ toJSON() { throw new Error("no") } })'],
    ['the stack in a conversion', 'for (const x of [1]) text({ toJSON: () => new Error("a").stack })'],
    ['a call of the result', 'for (const x of [1]) text(x)()'],
    ['a replaced function', 'for (const x of [1]) text(x); text = (value) => notify("mine " + value); text(2)'],
    ['a local function', 'for (const x of [1]) text(x); { const text = (value) => notify("mine " + value); text(2) }'],
    ['an assigned function', 'const f = text; for (const x of [1]) f(x); text(f === text)'],
    ['an escaped name', String.raw`for (const x of [1]) te\u0078t(x); text(2)`],
    ['the properties of the function', 'for (const x of [1]) text(x); text([text.name, text.length])'],
    ['a missing argument', 'for (const x of [1]) text()'],
    ['names like those that replace it', 'const $000 = 1, $001 = 2; for (const x of [$000, $001]) text(x)'],
    ['an import', 'for (const x of [1]) text(x); await import("fs").catch((error) => text(error))'],
    ['an end in the middle', 'for (const x of [1, 2]) { text(x); exit() }'],
    ['a deep recursion', 'const f = (n) => { text(n); if (n > 0) f(n - 1) }; f(30)'],
    ['an output that is too long', 'for (const x of [1]) text("x".repeat(17 * 2 ** 20))'],
    ['a text of a function in an arrow', 'const f = (v) => text(v); text(f + ""); f(1)'],
  ])('by %s', async (_, source) => {
    expect(await run(source)).toEqual(await run(source + byStack))
  })
})

test('a function that replaces the global one in a hidden way is called', async () => {
  const source = `const root = (() => 0)["con" + "structor"]("return this")()
    for (const x of [1]) text(x)
    root.text = (value) => notify("mine " + value)
    for (const x of [2]) text(x)
    delete root.text
    try { for (const x of [3]) text(x) } catch (error) { notify(error.name) }`
  const { events } = await run(source)
  const bodies = events.flatMap((each) => (JSON.stringify(each).match(/"body":"[^"]*"/g) ?? []).map(String))
  expect(bodies).toEqual([
    '"body":"1"',
    '"body":"mine 2"',
    `"body":"${perEngine('words', 'TypeError', 'ReferenceError')}"`,
  ])
})
