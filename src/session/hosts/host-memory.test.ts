import { expect, test } from 'vitest'
import { HostMemory, type Excess } from './host-memory.ts'
import type { HostedCell } from './hosted-cell.ts'

const MiB = 1024 * 1024

function hosted(memoryMb: number): HostedCell {
  return {
    session: null,
    memoryMb,
    isBusy: false,
    idleSince: null,
    evict: () => undefined,
    onEvent: () => undefined,
    onMessage: () => undefined,
    onHostLost: () => undefined,
  }
}

const alone = hosted(64)

test.each<[string, { came: number; cells: HostedCell[]; leaving: number[]; usedMb: number; excess: Excess | null }]>([
  ['a cell alone within its limit', { came: 1, cells: [alone], leaving: [], usedMb: 96, excess: null }],
  [
    'a cell alone beyond it',
    { came: 1, cells: [alone], leaving: [], usedMb: 97, excess: { usedMb: 97, culprit: alone } },
  ],
  ['the last cell, which is leaving', { came: 1, cells: [], leaving: [64], usedMb: 90, excess: null }],
  [
    'the last cell, which is leaving and takes more memory',
    { came: 1, cells: [], leaving: [64], usedMb: 200, excess: { usedMb: 200, culprit: null } },
  ],
  [
    'a small cell beside a large one that is leaving',
    { came: 2, cells: [hosted(16)], leaving: [64], usedMb: 140, excess: null },
  ],
  ['memory that other cells have left behind', { came: 10, cells: [alone], leaving: [], usedMb: 160, excess: null }],
  [
    'more than others may leave behind, without a culprit',
    { came: 10, cells: [alone], leaving: [], usedMb: 170, excess: { usedMb: 170, culprit: null } },
  ],
])('excess() judges a host with %s', (_, { came, cells, leaving, usedMb, excess }) => {
  let bytes = 60 * MiB
  const memory = new HostMemory(() => bytes)
  memory.onStarted()
  for (let load = 0; load < came; load++) memory.onCell(load)
  bytes += usedMb * MiB
  expect(memory.excess(cells, leaving)).toEqual(excess)
})

test('a host whose memory cannot be read has no excess', () => {
  const memory = new HostMemory(() => null)
  memory.onStarted()
  memory.onCell(0)
  expect([memory.excess([alone], []), memory.hasGrown]).toEqual([null, false])
})
