import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { showTrace, type ShowOptions } from '../../../src/trace.ts'
import { anyCharacter } from '../../support/any-character.ts'
import { recordPlan, tracePlans } from '../reducer/generated.ts'
import { Recording } from '../recorder/recording.ts'
import { smallTrace, sourceOf } from '../small-trace.ts'

const shown = (recording: Recording, options?: ShowOptions): string =>
  [...showTrace(recording.reduce(), sourceOf(recording), options)].join('\n')

/** Characters that a terminal executes, except line ends. */
const dangerous = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

test('showTrace() shows a tree of turns, models and cells, with a timeline of nested calls', () => {
  expect(`\n${shown(smallTrace())}\n`).toBe(`
trace trace  completed · 26 ms · 1970-01-01 00:00:01.000 UTC · the log was cut
thread /T1  running · no end
  turn turn-1  completed · 22 ms
        +4 ms  model provider/model  completed · 1 ms · 9 tokens in, 2 out
               said: I add.
        +7 ms  cell 1 call-1  completed · 9 ms
               │ const [a, b] = await Promise.all([tools.add({ a: 1 }), tools.read("x")])
               │ text(a)
                   +1 ms ·━━━━━━━━━━━━···     7 ms  add {"a":1} → 2
                   +2 ms ···━━···········     1 ms  files: read x ! no such file
                   +4 ms                            notification delivered: halfway
                   +5 ms                            yield: the model got the output so far
                   +7 ms ···········━━━━━     3 ms  wait call-2 → Script completed: 2
               > so far
               > 2
       +18 ms  model provider/model  completed · 1 ms
       +21 ms  cell 2 call-3  failed · 2 ms
               │ boom()
               ! ReferenceError: boom is not defined
`)
})

test('showTrace() shows one cell alone, and nothing for an unknown cell', () => {
  expect(shown(smallTrace(), { cell: '2' }).split('\n')).toEqual([
    '   +21 ms  cell 2 call-3  failed · 2 ms',
    '           │ boom()',
    '           ! ReferenceError: boom is not defined',
  ])
  expect(shown(smallTrace(), { cell: '3' })).toBe('')
})

test('the option "color" changes colors alone', () => {
  const colored = shown(smallTrace(), { color: true })
  expect(colored).not.toBe(shown(smallTrace()))
  // oxlint-disable-next-line no-control-regex -- The escapes are removed.
  expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(shown(smallTrace()))
})

describe('the texts of a trace', () => {
  const character = fc.oneof(
    anyCharacter,
    fc.constantFrom('\u001b', '\u0085', '\u009b', '\u202e', '\u2028', '\n', '\ud800'),
  )
  const hostile = (text: string): Recording => {
    const recording = new Recording()
    recording.tool(
      { tool_call_id: 'c1', model_visible_call_id: text, kind: { type: 'other', name: text } },
      { tool_name: 'x', payload: { type: 'custom', input: text } },
    )
    return recording.toolEnd('c1', 'failed', { type: 'error', error: text })
  }

  test('a hostile text is on one line, without control characters', () => {
    const text = '\u001b[2J\u001b]8;;http://x\u0007\r\u0000\u009b31m\u202eabc\u2028\n<ok>\ttab'
    expect(shown(hostile(text), { full: true, width: 500 }).split('\n').slice(3)).toEqual([
      String.raw`        +4 ms  \u{1b}[2J\u{1b}]8;;http://x\u{7}\u{d}\u{0}\u{9b}31m\u{202e}abc\u{2028}⏎<ok>  tab \u{1b}[2J\u{1b}]8;;http://x\u{7}\u{d}\u{0}\u{9b}31m\u{202e}abc\u{2028}⏎<ok>  tab  failed · 1 ms`,
      String.raw`               in: \u{1b}[2J\u{1b}]8;;http://x\u{7}\u{d}\u{0}\u{9b}31m\u{202e}abc\u{2028}⏎<ok>  tab`,
      String.raw`               error: \u{1b}[2J\u{1b}]8;;http://x\u{7}\u{d}\u{0}\u{9b}31m\u{202e}abc\u{2028}⏎<ok>  tab`,
    ])
  })

  test('any text is safe for a terminal and has lines of bounded length', () => {
    fc.assert(
      fc.property(fc.string({ unit: character }), fc.boolean(), (text, full) => {
        const lines = shown(hostile(text.repeat(20)), { full }).split('\n')
        expect(lines.find((line) => dangerous.test(line) || !line.isWellFormed())).toBeUndefined()
        if (!full) expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(160)
      }),
      { numRuns: 30 },
    )
  })

  test('a long text is cut unless the option "full" is set', () => {
    const long = 'x'.repeat(1_000_000)
    expect(shown(hostile(long)).length).toBeLessThan(1000)
    expect(shown(hostile(long), { full: true })).toContain(long)
  })
})

test('showTrace() shows each cell of any trace', () => {
  fc.assert(
    fc.property(tracePlans(fc.constant('{"cell_id":"1"}')), (plan) => {
      const recording = recordPlan(plan)
      const text = shown(recording)
      expect(text).not.toMatch(dangerous)
      const cells = Object.values(recording.reduce().code_cells)
      expect(text.match(/^ +\S+ m?s  cell \S+ /gm) ?? []).toHaveLength(cells.length)
    }),
    { numRuns: 20 },
  )
})
