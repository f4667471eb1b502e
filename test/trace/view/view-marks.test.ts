import { describe, expect, test } from 'vitest'
import { guessMarks } from '../../../src/trace/view/guess-line-marks.ts'

/** Formats marks as `line kind index`. */
function marks(source: string, names: readonly string[] = []): readonly string[] {
  return guessMarks(source, names).map(({ line, kind, index }) => `${line} ${kind} ${index}`)
}

describe('guessMarks()', () => {
  test.each<[what: string, source: string, names: readonly string[], expected: readonly string[]]>([
    ['calls by name', 'await tools.a()\nawait tools.b()', ['b', 'a'], ['2 call 0', '1 call 1']],
    ['the same name in order', 'tools.a()\ntools.a()', ['a', 'a'], ['1 call 0', '2 call 1']],
    ['a call in a loop', 'for (;;)\n tools.a()', ['a', 'a', 'a'], ['2 call 0', '2 call 1', '2 call 2']],
    ['namespaces', 'tools.mcp__x__sum({})', ['mcp__x.sum'], ['1 call 0']],
    ['names in brackets', '\ntools["a"]()\ntools[\'b\']()', ['a', 'b'], ['2 call 0', '3 call 1']],
    ['names that are not identifiers', 'tools.my_tool()', ['my-tool'], ['1 call 0']],
    ['a computed name', 'tools[name]()', ['a'], []],
    ['comments and strings', '// tools.a()\n/* tools.a() */ "tools.a()"\ntools.a()', ['a'], ['3 call 0']],
    ['a comment without an end', 'tools.a() /* tools.b()', ['a', 'b'], ['1 call 0']],
    ['calls in templates', 'text(`${await tools.a()}`)', ['a'], ['1 call 0', '1 output -1']],
    [
      'output, notifications, stored values and yields',
      'text(1)\nimage(x)\naudio(x)\nnotify("a")\nstore("k", 1)\nyield_control()',
      [],
      ['1 output -1', '2 output -1', '3 output -1', '4 notify -1', '5 store -1', '6 yield -1'],
    ],
    ['members of other objects', 'response.text()\nmy.store(1)\ncontext(1)', [], []],
    ['names of Object.prototype', 'constructor()\ntools.constructor()', ['constructor'], ['2 call 0']],
  ])('guessMarks() finds the lines of a source with %s', (_what, source, names, expected) => {
    expect(marks(source, names)).toEqual(expected)
  })

  test('guessMarks() is bounded for any source', () => {
    expect(guessMarks('text(1);'.repeat(50_000), [])).toHaveLength(2000)
    for (const part of ['/*', '"', "'", '[ "', 'tools[', 'tools . ', 'tools  ', 'a'.repeat(100)]) {
      expect(guessMarks(part.repeat(100_000), ['a'])).toEqual([])
    }
  })
})
