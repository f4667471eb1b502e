import { expect, test } from 'vitest'
import { exitStatusOf, type Facts } from './facts.ts'
import { printReport } from './print-report.ts'
import { trackPart, type Part } from './track-part.ts'

const versions = {
  pinned: { version: '1.0.0', folder: '', codex: '', host: '' },
  next: { version: '2.0.0', folder: '', codex: '', host: '' },
}

/** A part whose versions have these facts in each run. The last run repeats. */
function partOf(title: string, pinned: readonly Facts[], next: readonly Facts[]): Part {
  const runs = { [versions.pinned.version]: [...pinned], [versions.next.version]: [...next] }
  return {
    name: title.toLowerCase(),
    title,
    isTimed: true,
    collect: async ({ version }) => {
      const left = runs[version] ?? []
      return await Promise.resolve((left.length > 1 ? left.shift() : left[0]) ?? {})
    },
  }
}

test('printReport() prints what is equal, what changed and what could not run', async () => {
  const long = (word: string): string => `${'a'.repeat(100)} ${word} ${'z'.repeat(200)}`
  const parts = [
    partOf(
      'Cases',
      [{ A1: { items: ['x', 1] }, A2: [1], A3: 1, A5: 5, A6: 7, A7: 5 }],
      [{ A1: { items: ['y', 1, null] }, A2: [1], A4: 1, A5: 6, A6: 8, A7: 6 }],
    ),
    partOf('Texts', [{ exec: `first\nsame\n${long('one')}\nlast` }], [{ exec: `same\n${long('two')}\nlast\nnew` }]),
    partOf('Steady', [{ a: 1, b: 1 }], [{ a: 1, b: 1 }]),
    partOf('Timed', [{ t: 1, u: 1 }, { t: 2 }], [{ t: 2, u: 1 }]),
    {
      ...partOf('Broken', [], []),
      collect: async () => await Promise.reject(new Error('Cannot start the host: ENOENT')),
    },
  ]
  const report = {
    pinned: '1.0.0',
    version: '2.0.0',
    parts: await Promise.all(parts.map((part) => trackPart(part, versions))),
  }
  expect(printReport(report)).toBe(`Codex 2.0.0 compared with Codex 1.0.0, the pinned version (- pinned, + 2.0.0)

Cases: 1 equal, 4 changed, 1 added, 1 removed
  A1
    .items[0]: "x" → "y"
    .items[2]: nothing → null
  A5, A7
    5 → 6
  A6
    7 → 8
  added: A4
  removed: A3

Texts: 0 equal, 1 changed
  exec
    - first
    - …${'a'.repeat(59)} one ${'z'.repeat(96)}…
    + …${'a'.repeat(59)} two ${'z'.repeat(96)}…
    + new

Steady: 2 equal

Timed: 2 equal, of which 1 in a repeated run (t)

Broken: could not run
  Cannot start the host: ENOENT

Changed: cases, texts. Could not run: broken.
`)
  expect(exitStatusOf(report)).toBe(2)
})

test('printReport() cuts a long difference', async () => {
  const lines = (end: string): string => Array.from({ length: 20 }, (_, index) => `${index}${end}`).join('\n')
  const part = await trackPart(partOf('Texts', [{ exec: lines('a') }], [{ exec: lines('b') }]), versions)
  const report = { pinned: '1.0.0', version: '2.0.0', parts: [part] }
  expect(part.changes[0]?.difference).toHaveLength(40)
  expect(printReport(report)).toContain('    + 3b\n    … 16 more lines (--json has all)\n\nChanged: texts.\n')
  expect(exitStatusOf(report)).toBe(1)
})

test('exitStatusOf() returns 0 if nothing changed', async () => {
  const part = await trackPart(partOf('Cases', [{ a: 1 }], [{ a: 1 }]), versions)
  const report = { pinned: '1.0.0', version: '2.0.0', parts: [part] }
  expect(printReport(report)).toMatch(/\n\nCases: 1 equal\n\nNothing changed\.\n$/)
  expect(exitStatusOf(report)).toBe(0)
})

test('trackPart() collects only the facts that differ again', async () => {
  const asked: unknown[] = []
  const part: Part = {
    name: 'part',
    title: 'Part',
    isTimed: true,
    collect: async ({ version }, only) => {
      asked.push(only)
      return await Promise.resolve({ same: 1, differs: version })
    },
  }
  const { equal, changes } = await trackPart(part, versions)
  const again = new Set(['differs'])
  expect(asked).toEqual([null, null, again, again, again, again])
  expect([equal, changes]).toEqual([1, [{ name: 'differs', type: 'changed', difference: ['"1.0.0" → "2.0.0"'] }]])
})

test('trackPart() collects the facts of a part without time once', async () => {
  const part = { ...partOf('Texts', [{ a: 1 }, { a: 2 }], [{ a: 2 }]), isTimed: false }
  expect((await trackPart(part, versions)).changes).toHaveLength(1)
})
