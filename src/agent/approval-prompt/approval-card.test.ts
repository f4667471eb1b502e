import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ApprovalBatch, ApprovalRequest } from '../../session/api/approval.ts'
import type { Tool } from '../../tools/tool.ts'
import { anyCharacter } from '../../../test/support/any-character.ts'
import { approvalCard } from './approval-card.ts'

const send: Tool = { name: 'send_mail', annotations: { destructiveHint: true }, call: () => null }
const look: Tool = { name: 'look', annotations: { readOnlyHint: true }, call: () => null }

let made = 0
function request(tool: Tool, line: number | null, input: unknown): ApprovalRequest {
  made++
  const place = line === null ? null : { line, column: 3 }
  const callId = `tool-${made}`
  return {
    key: `s/1/${made}`,
    cellId: '1',
    callId,
    execCallId: null,
    identifier: tool.name,
    tool,
    input,
    location: place,
  }
}

function batch(source: string, requests: readonly ApprovalRequest[]): ApprovalBatch {
  return { cellId: '1', source, requests }
}

const people = [
  'const people = await tools.people({})',
  '',
  'await Promise.all(',
  '  people.map((to) => tools.send_mail({ to })),',
  ')',
  'tools.look({})',
]

test('approvalCard() groups the calls of one tool from one line below the program', () => {
  const mails = Array.from({ length: 20 }, (_, index) => request(send, 4, { to: `p${index}@example.org` }))
  expect(approvalCard(batch(people.join('\n'), [...mails, request(look, 6, {}), request(look, null, undefined)]))).toBe(
    `The program:
  1 | const people = await tools.people({})
  2 | 
  3 | await Promise.all(
> 4 |   people.map((to) => tools.send_mail({ to })),
  5 | )
> 6 | tools.look({})

20 calls of tools.send_mail from line 4 (destructive)
  4 | people.map((to) => tools.send_mail({ to })),
  1. {"to":"p0@example.org"}
  2. {"to":"p1@example.org"}
  3. {"to":"p2@example.org"}
  4. {"to":"p3@example.org"}
  5. {"to":"p4@example.org"}
  6. {"to":"p5@example.org"}
  7. {"to":"p6@example.org"}
  8. {"to":"p7@example.org"}
  9. {"to":"p8@example.org"}
  10. {"to":"p9@example.org"}
  11. {"to":"p10@example.org"}
  12. {"to":"p11@example.org"}
  13. {"to":"p12@example.org"}
  14. {"to":"p13@example.org"}
  15. {"to":"p14@example.org"}
  16. {"to":"p15@example.org"}
  17. {"to":"p16@example.org"}
  18. {"to":"p17@example.org"}
  19. {"to":"p18@example.org"}
  20. {"to":"p19@example.org"}

1 call of tools.look from line 6 (read-only)
  6 | tools.look({})
  {}

1 call of tools.look (read-only)
  no arguments`,
  )
})

test('approvalCard() cuts long arguments in the middle and counts the rest', () => {
  const input = { to: 'a@example.org', subject: 'Where we stand', body: `first ${'x'.repeat(3000)} last`, cc: [] }
  const card = approvalCard(batch('tools.send_mail(mail)', [request(send, 1, input)]), { width: 80 })
  expect(card.split('\n').slice(5, 10)).toEqual([
    '  {',
    '    "to": "a@example.org",',
    '    "subject": "Where we stand",',
    `    "body": "first ${'x'.repeat(61)}`,
    `  ${'x'.repeat(78)}`,
  ])
  expect(card.replaceAll('\n  ', '')).toContain('" … 2611 more characters … "')
  expect(card.endsWith(' last",\n    "cc": []\n  }')).toBe(true)
  expect(approvalCard(batch('', [request(send, 1, input)]), { isWhole: true }).replaceAll(/\n +/g, '')).toContain(
    'x'.repeat(3000),
  )
})

test('approvalCard() shows the lines around each call of a long program', () => {
  const source = Array.from({ length: 200 }, (_, index) => `line(${index + 1})`).join('\n')
  const requests = [request(look, 50, {}), request(look, 199, {})]
  expect(approvalCard(batch(source, requests)).split('\n').slice(0, 16)).toEqual([
    'The program:',
    '      … 46 more lines',
    '   47 | line(47)',
    '   48 | line(48)',
    '   49 | line(49)',
    '>  50 | line(50)',
    '   51 | line(51)',
    '   52 | line(52)',
    '   53 | line(53)',
    '      … 142 more lines',
    '  196 | line(196)',
    '  197 | line(197)',
    '  198 | line(198)',
    '> 199 | line(199)',
    '  200 | line(200)',
    '',
  ])
  expect(approvalCard(batch(source, requests), { isWhole: true })).toContain('\n  100 | line(100)\n')
})

test('approvalCard() shows a call far to the right of a long line', () => {
  const source = `${' '.repeat(500)}hidden(1); tools.send_mail({ to: "x" })`
  const call = { ...request(send, 1, {}), location: { line: 1, column: source.indexOf('send_mail') + 1 } }
  const card = approvalCard(batch(source, [call]))
  expect(card).toContain('> 1 | ')
  expect(card).toContain('\n      … 257 more characters\n')
  expect(card).toMatch(/\n  1 \| … +hidden\(1\); tools\.send_mail\(\{ to: "x" \}\)\n/)
  const before = `const long = "${'a'.repeat(500)}"; tools.send_mail({ to: "x" })`
  const far = { ...request(send, 1, {}), location: { line: 1, column: before.indexOf('send_mail') + 1 } }
  expect(approvalCard(batch(before, [far]))).toContain(`\n  1 | …${'a'.repeat(31)}"; tools.send_mail({ to: "x" })\n`)
})

test('approvalCard() writes out control, direction and invisible characters', () => {
  const hostile = 'a\u001B[2Kb\u202Ec\u200Bd\u0007e\u3164f\u{E0041}g\u009Bh\u00A0i\uFE0Fj\tk'
  const shown = 'a\\u{1b}[2Kb\\u{202e}c\\u{200b}d\\u{7}e\\u{3164}f\\u{e0041}g\\u{9b}h\\u{a0}i\\u{fe0f}j  k'
  const freeform: Tool = { name: 'sql', kind: 'freeform', call: () => null }
  const long = `${hostile}\n${'y'.repeat(100)}`
  const card = approvalCard(batch(`// ${hostile}\r\nx()\u2028tools.sql(y)`, [request(freeform, 3, long)]))
  expect(card.split('\n').slice(1, 4)).toEqual([`  1 | // ${shown}`, '  2 | x()', '> 3 | tools.sql(y)'])
  expect(card.split('\n').slice(7)).toEqual([`  ${shown}`, `  ${'y'.repeat(98)}`, '  yy'])
})

test('approvalCard() keeps each line within the width and without control characters', () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 400 })
  const line = fc.oneof(fc.constant(null), fc.integer({ min: -1, max: 9 }))
  const column = fc.integer({ min: -5, max: 500 })
  const property = fc.property(text, fc.jsonValue(), text, line, column, (source, json, input, at, far) => {
    const location = at === null ? null : { line: at, column: far }
    const requests = [json, input].map((each) => ({ ...request(send, null, each), location }))
    for (const isWhole of [false, true]) {
      const lines = approvalCard(batch(source, requests), { width: 80, isWhole }).split('\n')
      expect(lines.filter((each) => each.length > 80 || /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(each))).toEqual([])
    }
  })
  fc.assert(property)
})
