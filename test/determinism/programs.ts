import fc from 'fast-check'

/**
 * Programs that are hard to replay: calls whose results arrive in any order, races between calls and timers, decisions by random
 * numbers and time, nested async functions, errors that are thrown and caught, and output at any point.
 */
export const programs: fc.Arbitrary<string> = fc
  .letrec<{ statement: string; expression: string; block: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 3 },
      fc.nat(9).map(String),
      fc.constantFrom(
        'Math.random()',
        'Date.now()',
        'new Date().toISOString()',
        'n++',
        'load("k")',
        'load("output:" + (1 + n % 3))',
      ),
      fc.constant('await tools.ask({ n: n++ })'),
      fc.constant('await new Promise((done) => setTimeout(() => done(n++), 5))'),
      fc.array(tie('expression'), { minLength: 1, maxLength: 4 }).map((list) => `await Promise.all([${asyncs(list)}])`),
      fc
        .array(tie('expression'), { minLength: 1, maxLength: 4 })
        .map((list) => `await Promise.race([${asyncs(list)}])`),
      fc.array(tie('expression'), { minLength: 1, maxLength: 4 }).map((list) => `await Promise.any([${asyncs(list)}])`),
      fc
        .array(tie('expression'), { minLength: 1, maxLength: 3 })
        .map((list) => `(await Promise.allSettled([${asyncs(list)}])).map((r) => r.status)`),
      fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map((list) => `await settled([${asyncs(list)}])`),
    ),
    statement: fc.oneof(
      { maxDepth: 3 },
      tie('expression').map((value) => `text(${value})`),
      tie('expression').map((value) => `store("k", ${value})`),
      tie('expression').map((value) => `notify({ value: ${value} })`),
      fc.constant('yield_control()'),
      fc.tuple(tie('block'), tie('block')).map(([a, b]) => `if (Math.random() < 0.5) {${a}} else {${b}}`),
      fc
        .tuple(tie('block'), tie('block'))
        .map(([a, b]) => `try {${a}; if (n % 3 === 0) throw n} catch (e) {text(String(e)); ${b}}`),
      tie('block').map((body) => `for (let i = 0; i < 2; i++) {${body}}`),
      tie('block').map((body) => `setTimeout(async () => {${body}}, n)`),
      tie('block').map((body) => `void (async () => {${body}})().catch((e) => text("late " + e))`),
      fc.constant('clearTimeout(1)'),
    ),
    block: fc.array(tie('statement'), { minLength: 1, maxLength: 4 }).map((list) => list.join('; ')),
  }))
  .block.map((body) => `let n = 0\n${settled}\n${body}\ntext(["end", n, Math.random(), Date.now()])`)

const settled = `async function settled(inputs) {
  const order = []
  for await (const record of as_settled(inputs)) order.push(record.index + record.status[0])
  return order
}`

function asyncs(expressions: readonly string[]): string {
  return expressions.map((expression) => `(async () => ${expression})()`).join(', ')
}
