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

const single = hosted(64)

test.each<
  [string, { attached: number; cells: HostedCell[]; leaving: number[]; usedMb: number; excess: Excess | null }]
>([
  ['a single cell within its limit', { attached: 1, cells: [single], leaving: [], usedMb: 96, excess: null }],
  [
    'a single cell above its limit',
    { attached: 1, cells: [single], leaving: [], usedMb: 97, excess: { usedMb: 97, culprit: single } },
  ],
  ['the last cell, which is leaving', { attached: 1, cells: [], leaving: [64], usedMb: 90, excess: null }],
  [
    'the last cell, which is leaving and uses more memory',
    { attached: 1, cells: [], leaving: [64], usedMb: 200, excess: { usedMb: 200, culprit: null } },
  ],
  [
    'a small cell next to a large one that is leaving',
    { attached: 2, cells: [hosted(16)], leaving: [64], usedMb: 140, excess: null },
  ],
  [
    'memory that earlier cells have retained',
    { attached: 10, cells: [single], leaving: [], usedMb: 160, excess: null },
  ],
  [
    'more memory than earlier cells may retain, without a culprit',
    { attached: 10, cells: [single], leaving: [], usedMb: 170, excess: { usedMb: 170, culprit: null } },
  ],
])('excess() checks a host with %s', (_, { attached, cells, leaving, usedMb, excess }) => {
  let bytes = 60 * MiB
  const memory = new HostMemory(() => bytes)
  memory.onStarted()
  for (let load = 0; load < attached; load++) memory.onCell(load)
  bytes += usedMb * MiB
  expect(memory.excess(cells, leaving)).toEqual(excess)
})

test('a host whose memory cannot be read has no excess', () => {
  const memory = new HostMemory(() => null)
  memory.onStarted()
  memory.onCell(0)
  expect([memory.excess([single], []), memory.hasGrown]).toEqual([null, false])
})

test('each cell on QuickJS may use the memory of a thread in addition', () => {
  let bytes = 60 * MiB
  const memory = new HostMemory(() => bytes)
  memory.onStarted('quickjs')
  memory.onCell(0)
  bytes += 120 * MiB
  expect(memory.excess([single], [])).toBe(null)
  bytes += MiB
  expect(memory.excess([single], [])).toEqual({ usedMb: 121, culprit: single })
})
