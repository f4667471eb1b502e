import { expect, test } from 'vitest'
import { callFaults, type CheckedCalls } from './call-faults.ts'
import type { CallOutcome } from './run-calls.ts'

const image = { type: 'image', data: 'AA==', mimeType: 'image/png' }

function faultsOf(
  cell: CallOutcome,
  plain: CallOutcome,
  images: readonly string[] = [],
  outcome: 'result' | 'error' = 'result',
): readonly string[] {
  const checked: CheckedCalls = {
    name: 'filesystem',
    calls: [{ tool: 'read', input: {}, expected: /a|error/, outcome }],
    cell: { outcomes: [cell], images, folder: '/one' },
    plain: { tools: [], outcomes: [plain], folder: '/two' },
  }
  return callFaults(checked)
}

function resultOf(content: readonly object[], others: object = {}): CallOutcome {
  return { result: { content, ...others }, ms: 1 }
}

test('equal results in different folders have no faults', () => {
  const [ours, theirs] = ['/one', '/two'].map((folder) => resultOf([{ text: `a in ${folder}`, type: 'text' }]))
  if (ours === undefined || theirs === undefined) throw new TypeError('expected two results')
  expect(faultsOf(ours, theirs)).toEqual([])
  expect(faultsOf({ error: 'tool `read` failed: error', ms: 1 }, { error: 'error', ms: 1 }, [], 'error')).toEqual([])
  expect(faultsOf(resultOf([image]), resultOf([image]), ['data:image/png;base64,AA=='])).toEqual([])
})

test.each([
  ['another text', resultOf([{ type: 'text', text: 'a' }]), resultOf([{ type: 'text', text: 'a!' }])],
  ['a lost member', resultOf([{ type: 'text', text: 'a' }]), resultOf([{ type: 'text', text: 'a', annotations: {} }])],
  ['a lost structure', resultOf([{ type: 'text' }], { a: 1 }), resultOf([{ type: 'text' }], { structuredContent: {} })],
  ['an error', { error: 'error', ms: 1 }, { error: 'error', ms: 1 }],
  ['a result that is an error', resultOf([], { isError: true, a: 1 }), resultOf([], { isError: true, a: 1 })],
  ['a slow call', { ...resultOf([{ text: 'a' }]), ms: 30_000 }, resultOf([{ text: 'a' }])],
  ['an image that is not in the output', resultOf([image]), resultOf([image])],
])('%s is a fault', (_name, ours, theirs) => {
  expect(faultsOf(ours, theirs)).toHaveLength(1)
})
