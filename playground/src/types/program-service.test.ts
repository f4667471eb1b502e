import { beforeAll, describe, expect, test } from 'vitest'
import { readLibraries } from '../../../scripts/library-texts.ts'
import { TypeNotes } from '../../../src/agent/type-check/type-notes.ts'
import { createCatalogue } from '../../../src/agent.ts'
import { declarationFile } from '../../../src/declarations/declaration-file.ts'
import { TypeStripper } from '../../../src/session/services/type-stripper.ts'
import { sampleGroups } from '../samples/sample-groups.ts'
import { ProgramService, type ProgramInput } from './program-service.ts'

const catalogue = createCatalogue(sampleGroups.flatMap(({ tools }) => tools.map(({ tool }) => tool)))
const declarations = declarationFile(
  catalogue.entries.map(({ identifier, tool }) => {
    const { kind = 'function', inputSchema, outputSchema } = tool
    return { identifier, kind, description: '', inputSchema, outputSchema }
  }),
)
let service: ProgramService
beforeAll(() => {
  service = new ProgramService(readLibraries())
})

const inputOf = (source: string): ProgramInput => ({ source, declarations, hasIntl: false })

function findingsOf(source: string): string[] {
  return service.check(inputOf(source)).map(({ start, severity, text }) => `${start} ${severity} ${text}`)
}

describe('the errors of a program', () => {
  test('a program without errors has none, in JavaScript and in TypeScript', () => {
    expect(findingsOf('const page = await tools.orders_list({ cursor: null }); text(page.orders[0].total)')).toEqual([])
    expect(findingsOf('const city: string = "Oslo"; text((await tools.weather_forecast({ city })).sky)')).toEqual([])
    expect(findingsOf('text([1, 2].values().map((n) => n * 2).toArray()); notify(1); yield_control(); exit()')).toEqual(
      [],
    )
  })

  test.each([
    [
      'text((await tools.weather_forecast({ city: "Oslo" })).celcius)',
      `54 error Property 'celcius' does not exist on type '{ celsius: number; city: string; sky: "sunny" | "cloudy" | "rainy" | "windy"; }'. Did you mean 'celsius'?`,
    ],
    ['await tools.orders_get({ id: 1 })', "25 error Type 'number' is not assignable to type 'string'."],
    [
      'const n: number = 1; await tools.orders_get({ id: n })',
      "46 error Type 'number' is not assignable to type 'string'.",
    ],
    ['store(1, 2)', "6 error Argument of type 'number' is not assignable to parameter of type 'string'."],
    ['text(', "5 error ')' expected."],
  ])('`%s` has the error %s', (source, finding) => {
    expect(findingsOf(source)).toEqual([finding])
  })

  test.each([
    'console',
    'fetch',
    'document',
    'process',
    'require',
    'WeakRef',
    'SharedArrayBuffer',
    'Temporal',
    'setInterval',
  ])('a cell has no %s', (name) => {
    expect(findingsOf(`text(${name})`)).toEqual([
      expect.stringMatching(new RegExp(`^5 error Cannot find name '${name}'`)),
    ])
  })

  test('Intl is a value only where cells have it', () => {
    const input = inputOf('text(new Intl.NumberFormat("en").format(1)); text((1).toLocaleString())')
    expect(service.check(input).map(({ text }) => text)).toEqual([expect.stringContaining('NumberFormat')])
    expect(service.check({ ...input, hasIntl: true })).toEqual([])
  })

  test('an error that concerns no tool is a warning', () => {
    expect(findingsOf('const name = "a"; text(name.b)')).toEqual([
      `28 warning Property 'b' does not exist on type '"a"'.`,
    ])
  })

  test('TypeScript throws no error for a program that is nested deeply', () => {
    expect(() => service.check(inputOf(`text(${'['.repeat(200)}${']'.repeat(200)})`))).not.toThrow()
  })
})

describe('the errors and the type notes of the product', () => {
  test.each([
    'text((await tools.weather_forecast({ city: "Oslo" })).celcius)',
    'const { orders } = await tools.orders_list({ cursor: null }); for (const order of orders) text(order.sum)',
    'await tools.orders_get({ id: 1 })',
    'const id: number = 1; await tools.orders_get({ id })',
    'text(await tools.orders_get({ id: "A-1" })); console.log(1)',
    'const own = { a: 1 }; text(own.b); text(await tools.files_list({}))',
    'const all = (await tools.files_list({})).values().map((path) => path.length); text(all.toArray())',
    'await tools.mail_send({ to: "a", subject: "b", text: "c" })',
    'text(await tools.files_list({})); new WeakRef({}); Atomics.add(1)',
  ])('`%s` has the same errors in both', async (source) => {
    await using stripper = new TypeStripper()
    await using notes = new TypeNotes(stripper)
    const note = notes.begin(source, catalogue)
    await note.settled
    const noted = (note.text ?? '').split('\n').slice(1)
    const errors = service.check(inputOf(source)).filter(({ severity }) => severity === 'error')
    const locations = errors.map(({ start }) => `1:${start + 1}`)
    expect(locations).toEqual(noted.map((line) => line.split(' ', 1)[0]))
  })
})

describe('completion and hover', () => {
  test('the members of `tools` have their types', () => {
    const source = 'await tools.wea'
    expect(service.complete(inputOf(source), source.length)).toEqual({
      start: 12,
      end: 15,
      entries: [
        {
          name: 'weather_forecast',
          kind: 'method',
          insert: 'weather_forecast',
          type: expect.stringMatching(/^\(args: \{.*city: string;.*\}\): Promise<\{/),
        },
      ],
    })
  })

  test('the members of a result are completed, also while the program does not parse', () => {
    const source = 'const order = await tools.orders_get({ id: "A-1" })\ntext(order.'
    const names = service.complete(inputOf(source), source.length)?.entries.map(({ name }) => name)
    expect(names).toEqual(['customer', 'id', 'status', 'total'])
  })

  test('the globals of a cell are completed, and those of a page are not', () => {
    const names = service.complete(inputOf('yi'), 2)?.entries.map(({ name }) => name)
    expect(names).toContain('yield_control')
    expect(names).not.toContain('document')
  })

  test('a hover has the type', () => {
    const source = 'const order = await tools.orders_get({ id: "A-1" })'
    expect(service.hover(inputOf(source), 30)).toMatchObject({
      start: 26,
      end: 36,
      type: expect.stringMatching(/^\(method\) orders_get\(args: \{/),
    })
    expect(service.hover(inputOf(source), source.length)).toBeNull()
  })
})
