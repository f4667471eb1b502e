import { SeededRandom } from '../../../test/faults/random.ts'
import { features, wholePrograms } from './features.ts'
import { oddValues, throwableValues } from './odd-values.ts'

/** A generated cell: statements that run one after the other, and the way in which it is observed. */
export type GeneratedCell = {
  readonly statements: readonly string[]
  /** The budget of each response in tokens; null without truncation. */
  readonly maxTokens: number | null
}

type Statement = (random: SeededRandom) => string

const value = (random: SeededRandom): string => random.pick(oddValues)
const thrown = (random: SeededRandom): string => random.pick(throwableValues)
const data = (random: SeededRandom): string => random.pick(['{}', '{ a: 1 }', '{ a: "é" }', '{ n: null, l: [1] }'])
const delay = (random: SeededRandom): string => random.pick(['0', '1', '5', '20', '-1', '"3"', 'undefined', 'NaN'])

/** Calls of recent builtins, which codecell adds to older engines. */
const builtinCalls = [
  'text([...Uint8Array.fromBase64(VALUE)])',
  'text([...Uint8Array.fromBase64("AQL6/w", VALUE)])',
  'text([...Uint8Array.fromHex(VALUE)])',
  'text(new Uint8Array(4).setFromBase64(VALUE, VALUE))',
  'text(new Uint8Array(4).setFromHex(VALUE))',
  'text(Uint8Array.prototype.toBase64.call(VALUE))',
  'text(new Uint8Array([1, 250]).toBase64(VALUE))',
  'text(Uint8Array.prototype.toHex.call(VALUE))',
  'text(new Map([[1, 2]]).getOrInsert(VALUE, VALUE))',
  'text(new Map().getOrInsertComputed(VALUE, VALUE))',
  'text(Map.prototype.getOrInsert.call(VALUE, 1, 2))',
  'text(new WeakMap().getOrInsert(VALUE, VALUE))',
  'text(new WeakMap().getOrInsertComputed(VALUE, () => 1))',
  'text(Math.sumPrecise(VALUE))',
  'text([...Iterator.concat(VALUE, [1])])',
  'text(new Intl.Locale("en", { variants: VALUE }).variants)',
]

/** Statements by how often they occur. */
const statements: readonly (readonly [weight: number, Statement])[] = [
  [6, (random) => `text(${value(random)})`],
  [1, (random) => `text(${value(random)}, ${value(random)})`],
  [10, (random) => `text(${random.pick(features)})`],
  [3, (random) => `image(${value(random)})`],
  [2, (random) => `image(${value(random)}, ${value(random)})`],
  [3, (random) => `audio(${value(random)})`],
  [2, (random) => `generatedImage(${value(random)})`],
  [3, (random) => `content(${value(random)})`],
  [3, (random) => `store(${value(random)}, ${value(random)})`],
  [2, (random) => `text(load(${value(random)}))`],
  [2, (random) => `notify(${value(random)})`],
  [1, (random) => `text(setTimeout(${value(random)}, ${value(random)}))`],
  [1, (random) => `text(clearTimeout(${value(random)}))`],
  [3, (random) => `await new Promise((resolve) => setTimeout(resolve, ${delay(random)}))`],
  [1, (random) => `setTimeout(() => text("late"), ${delay(random)})`],
  [1, (random) => `clearTimeout(setTimeout(() => text("never"), ${delay(random)}))`],
  [1, (random) => `for await (const record of as_settled(${value(random)})) text(record)`],
  [1, (random) => `await stream_settled(${value(random)}, (record) => text(record))`],
  [1, (random) => `await stream_settled(${value(random)}, ${value(random)})`],
  [2, (random) => `text(await tools.echo(${data(random)}))`],
  [1, (random) => `text(await tools.echo(${value(random)}))`],
  [1, (random) => `text(await tools.fail(${data(random)}))`],
  [1, (random) => `text(await tools.fail(${data(random)}).catch((error) => [typeof error, error]))`],
  [1, (random) => `text(await Promise.all([tools.echo(${data(random)}), tools.echo(${data(random)})]))`],
  [1, (random) => `text(await Promise.race([tools.echo(${data(random)}), tools.hang({})]))`],
  [1, () => 'void tools.hang({})'],
  [1, (random) => `text(await tools[${value(random)}]({}))`],
  [1, (random) => `text(delete tools.echo); text(typeof tools.echo); tools.own = ${value(random)}; text(tools.own)`],
  [1, (random) => `text(typeof ${random.pick(['yield_control', 'text', 'store', 'notify'])}(${value(random)}))`],
  [2, () => 'yield_control()'],
  [3, (random) => random.pick(builtinCalls).replaceAll('VALUE', () => value(random))],
  [1, (random) => `globalThis.kept = ${value(random)}; text(kept)`],
  [1, (random) => `void Promise.reject(${value(random)})`],
  [1, (random) => `queueMicrotask?.(() => text(${value(random)}))`],
  [1, (random) => `for (let index = 0; index < ${random.below(40)}; index++) text(index)`],
  [1, (random) => `text("${random.pick(['é', 'x', '漢', '😀', 'line\\n'])}".repeat(${random.below(300)}))`],
]

/** Statements that can only be the last ones. */
const ends: readonly (readonly [weight: number, Statement])[] = [
  [4, (random) => `throw ${thrown(random)}`],
  [2, () => 'exit(); text("never")'],
  [1, (random) => `await Promise.reject(${thrown(random)})`],
  [1, (random) => `setTimeout(() => { throw ${thrown(random)} }, 0); await new Promise(() => {})`],
  [
    1,
    (random) => `tools.echo({}).then(() => { throw ${thrown(random)} }); await new Promise((r) => setTimeout(r, 50))`,
  ],
  [1, () => 'null.x'],
  [1, () => '(function outer() { (() => { undefined.inner() })() })()'],
]

/** Returns the cell of a seed. */
export function generateCell(seed: number): GeneratedCell {
  const random = new SeededRandom(seed)
  // Similar seeds start with similar numbers.
  for (let skipped = 0; skipped < 3; skipped++) random.next()
  const maxTokens = random.below(4) === 0 ? random.below(60) : null
  if (random.below(25) === 0) return { statements: [random.pick(wholePrograms)], maxTokens }
  const count = 1 + random.below(6)
  const body = Array.from({ length: count }, () => guarded(weighted(statements, random)(random), random))
  const last = random.below(3) === 0 ? [weighted(ends, random)(random)] : []
  return { statements: [...body, ...last], maxTokens }
}

/** Prints the error of most statements, so that those after it run as well. */
function guarded(statement: string, random: SeededRandom): string {
  if (random.below(6) === 0) return statement
  const shown = random.pick(['error', 'String(error?.stack ?? error)', 'typeof error', 'error?.name'])
  return `try { ${statement} } catch (error) { text("caught"); text(${shown}) }`
}

function weighted(choices: readonly (readonly [weight: number, Statement])[], random: SeededRandom): Statement {
  let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0))
  for (const [weight, statement] of choices) {
    left -= weight
    if (left < 0) return statement
  }
  throw new RangeError('Cannot choose a statement: the list is empty')
}
