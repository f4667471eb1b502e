import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'
import { rivalNames } from './rival.ts'
import { workloads } from './workloads/workloads.ts'

test('parseOptions() selects everything and writes nothing by default', () => {
  expect(parseOptions([])).toEqual({ workloads, rivals: rivalNames, quick: false, write: false })
})

test('parseOptions() selects workloads and rivals in the given order', () => {
  const options = parseOptions(['terminate', 'warm-cell', '--rivals', 'bare,ours', '--quick', '--write'])
  expect({ ...options, workloads: options.workloads.map(({ name }) => name) }).toEqual({
    workloads: ['terminate', 'warm-cell'],
    rivals: ['bare', 'ours'],
    quick: true,
    write: true,
  })
})

test('parseOptions() rejects an unknown name and lists the known ones', () => {
  expect(() => parseOptions(['warm'])).toThrow(/^Cannot run workload "warm": the workloads are cold-start, warm-cell, /)
  expect(() => parseOptions(['--rivals=ours,theirs'])).toThrow(
    new RangeError(`Cannot measure "theirs": the rivals are ${rivalNames.join(', ')}`),
  )
})
