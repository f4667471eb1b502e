import { SeededRandom } from './random.ts'

/** The programs of one scenario: lanes run concurrently, the programs of a lane in sequence, `last` at the end. */
export type Programs = { readonly lanes: readonly (readonly string[])[]; readonly last: string }

/**
 * Every program prints the same items in the same order, for any order of the results: a line has the step and its
 * result. A call with an unknown outcome prints `unknown` instead of `applied` or `refused`, one with a lost result
 * `lost`.
 */
const preamble = `
const went = (error) => {
  const text = String(error?.message ?? error)
  if (text.includes('the outcome of this call is unknown')) return 'unknown'
  if (text.includes('its result is lost')) return 'lost'
  return text.includes('refused on purpose') ? 'refused' : 'failed: ' + text
}
const line = async (label, call) => {
  try { await call; return label + ': applied' } catch (error) { return label + ': ' + went(error) }
}
const append = (label) => line(label, tools.append({ label }))
const slow = (label) => line(label, tools.slow({ label }))
const put = (label) => line('put ' + label, tools.put({ label }))
const refuse = (label) => line(label, tools.refuse({ label }))
const read = async (value) => (await tools.read({ value })).value
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
`

type Step = (label: string) => string

const steps: readonly Step[] = [
  (l) => `text(await append('${l}'))`,
  (l) => `text(await slow('${l}'))`,
  (l) => `text(await put('${l}'))`,
  (l) => `text(await refuse('${l}'))`,
  (l) =>
    `for (const went of await Promise.all([append('${l}a'), put('${l}b'), slow('${l}c'), refuse('${l}d')])) text(went)`,
  (l) =>
    `{ const all = [put('${l}a'), append('${l}b'), slow('${l}c')]; text('${l} raced ' + typeof await Promise.race(all)); for (const one of all) text(await one) }`,
  (l) =>
    `text('${l} ' + (await Promise.allSettled([read(1), Promise.reject(2), read(3)])).map(({ status }) => status).join())`,
  (l) => `text('${l} any ' + await Promise.any([Promise.reject(1), read('${l}')]))`,
  (l) => `for (let turn = 0; turn < 4; turn++) text(await append('${l}-' + turn))`,
  (l) => `for (let turn = 0; turn < 6; turn++) text('${l} ' + await read(turn * turn))`,
  (l) =>
    `await new Promise((resolve) => { let left = 5; for (const [at, ms] of [90, 0, 45, 45, 45].entries()) setTimeout(() => { text('${l} timer ' + ms + ' ' + at); if (--left === 0) resolve() }, ms) })`,
  (l) =>
    `{ const gone = setTimeout(() => text('${l} never'), 120); await sleep(5); clearTimeout(gone); await sleep(150) }`,
  (l) =>
    `{ let ticks = 0; while (ticks < 4) { await sleep(15); ticks++ } text('${l} ticks ' + ticks + ' ' + await read(ticks)) }`,
  (l) => `store('${l}', { at: await read('${l}') }); text('${l} ' + JSON.stringify(load('${l}')))`,
  (l) => `notify('${l} first'); text(await append('${l}')); notify('${l} second')`,
  (l) => `text('${l} before'); yield_control(); text(await put('${l}')); yield_control()`,
  (l) =>
    `{ const chance = Math.random(), moment = Date.now(); const back = await read([chance, moment]); text('${l} same ' + (back[0] === chance && back[1] === moment)) }`,
  (l) =>
    `{ const flip = Math.random() < 0.5; const [one, two] = flip ? ['x', 'y'] : ['y', 'x']; await read(one); text(await append('${l}')); text('${l} ' + (one < two === flip)); await read(two) }`,
  (l) => `void put('${l}free'); void append('${l}free')`,
  (l) => `{ const later = put('${l}'); await read(0); text(await later) }`,
  (l) =>
    `{ const inner = async (depth) => depth === 0 ? await append('${l}') : await inner(depth - 1); text(await inner(5)) }`,
  (l) => `text('${l} ' + (await read('${'long '.repeat(80)}')).length)`,
  (l) => `try { throw new Error('${l}') } catch (error) { text(await read('caught ' + error.message)) }`,
]

const typed: Step = (l) =>
  `type Named = { readonly label: string }; const named_${l.replaceAll(/\W/g, '_')}: Named = { label: '${l}' }; text(await append(named_${l.replaceAll(/\W/g, '_')}.label))`

/** Steps for sessions whose nodes have wrong clocks and store long strings. */
const fleetSteps: readonly Step[] = [
  (l) => `text(await put('${l} at')); await sleep(2000); text(await append('${l} after 2000'))`,
  (l) => `text('${l} ' + (await read('${'x'.repeat(70)}'.repeat(1100))).length)`,
  (l) =>
    `store('${l}', '${'y'.repeat(70)}'.repeat(1100)); text(await append('${l}')); text('${l} ' + load('${l}').length)`,
]

/** `isFleet`: with the steps for fleets, each in every program. */
export function makePrograms(seed: number, { isFleet = false }: { readonly isFleet?: boolean } = {}): Programs {
  const random = new SeededRandom(seed)
  const extra = isFleet ? fleetSteps : []
  const lanes = Array.from({ length: 2 + random.below(2) }, (_, lane) =>
    Array.from({ length: 1 + random.below(2) }, (__, number) => programOf(`L${lane}P${number}`, random, extra)),
  )
  return { lanes, last: lastProgram(lanes.flat()) }
}

function programOf(name: string, random: SeededRandom, extra: readonly Step[]): string {
  const body = Array.from({ length: 4 + random.below(5) }, (_, at) => random.pick(steps)(`${name}S${at}`))
  for (const [at, step] of extra.entries()) body.splice(random.below(body.length), 0, step(`${name}X${at}`))
  if (random.below(4) === 0) body.push(typed(`${name}T`))
  body.push(`store('${name}', 'over')`)
  if (random.below(5) === 0) body.push(`throw new Error('${name} ends with an error')`)
  return preamble + body.join('\n')
}

/** Prints every value that any program may have stored. */
function lastProgram(programs: readonly string[]): string {
  const keys = programs.flatMap((source) => [...source.matchAll(/store\('([^']+)'/g)].map(([, key]) => key))
  return `for (const key of ${JSON.stringify(keys)}) text(key + ' = ' + String(JSON.stringify(load(key))).slice(0, 200))`
}
