import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'
import { rivalNames } from './rival.ts'
import { workloads } from './workloads/workloads.ts'

test('without arguments everything is measured and nothing is written', () => {
  expect(parseOptions([])).toEqual({ workloads, rivals: rivalNames, quick: false, write: false })
})

test('workloads and rivals can be selected, in the order given', () => {
  const options = parseOptions(['terminate', 'warm-cell', '--rivals', 'bare,ours', '--quick', '--write'])
  expect({ ...options, workloads: options.workloads.map(({ name }) => name) }).toEqual({
    workloads: ['terminate', 'warm-cell'],
    rivals: ['bare', 'ours'],
    quick: true,
    write: true,
  })
})

test('a name that does not exist is refused with those that do', () => {
  expect(() => parseOptions(['warm'])).toThrow(/^Cannot run workload "warm": the workloads are cold-start, warm-cell, /)
  expect(() => parseOptions(['--rivals=ours,theirs'])).toThrow(
    new RangeError(`Cannot measure "theirs": the rivals are ${rivalNames.join(', ')}`),
  )
})
