import { expect, test } from 'vitest'
import { loadCases } from './load-cases.ts'
import { isTimed, stretched } from './stretch.ts'

const cases = loadCases()

test.each([
  ['CM-J07', ['exec', 'sleep 1200', 'wait 10000']],
  ['CM-J10', ['exec 0', 'terminate']],
  ['CM-L04', ['modelExec "// @exec: {\\"yield_time_ms\\": 150}\\ntext(\\"a\\"); await new Promise(() => {})"']],
  [
    'CM-A36',
    [
      'modelExec "// @exec: {\\"yield_time_ms\\": 150}\\nawait new Promise(() => {})"',
      'modelWait {"cell_id":"1","yield_time_ms":150,"extra":1}',
    ],
  ],
])('stretched() makes only the short times of case %s longer', (id, steps) => {
  expect(stretched(caseOf(id), 3).steps.map(inShort)).toEqual(steps)
})

test.each([
  ['CM-L04', true],
  ['CM-J07', true],
  ['CM-J10', false],
  ['CM-L07', false],
])('isTimed() of case %s is %s', (id, races) => {
  expect(isTimed(caseOf(id))).toBe(races)
})

function caseOf(id: string): ReturnType<typeof loadCases>[number] {
  const found = cases.find((each) => each.id === id)
  if (found === undefined) throw new Error(`Cannot find case ${id}`)
  return found
}

function inShort(step: ReturnType<typeof caseOf>['steps'][number]): string {
  switch (step.do) {
    case 'exec':
    case 'wait':
      return step.yieldMs === undefined ? step.do : `${step.do} ${step.yieldMs}`
    case 'sleep':
      return `sleep ${step.ms}`
    case 'modelExec':
      return `modelExec ${JSON.stringify(step.input)}`
    case 'modelWait':
      return `modelWait ${JSON.stringify(step.arguments)}`
    default:
      return step.do
  }
}
