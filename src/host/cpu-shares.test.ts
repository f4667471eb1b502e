import { expect, test } from 'vitest'
import { CpuShares, type MeteredCell } from './cpu-shares.ts'

class Meter implements MeteredCell {
  isolateMs = 0
  used = 0

  charge(ms: number): void {
    this.used += ms
  }
}

test('cells on idle cores are charged all the time they used', () => {
  let worked = 0
  const shares = new CpuShares(() => worked)
  const [one, two] = [new Meter(), new Meter()]
  shares.begin(one)
  one.isolateMs = worked = 10
  shares.begin(two)
  one.isolateMs = 15
  two.isolateMs = 5
  worked = 20
  shares.end(two)
  expect([one.used, two.used]).toEqual([15, 5])
})

test('cells that wait for a core are charged their share of the CPU time', () => {
  let worked = 0
  const shares = new CpuShares(() => worked)
  const burners = Array.from({ length: 9 }, () => new Meter())
  const modest = new Meter()
  for (const burner of burners) shares.begin(burner)
  shares.begin(modest)
  for (const meter of [...burners, modest]) meter.isolateMs = 1000
  worked = 2000
  shares.end(modest)
  expect(modest.used).toBe(200)
  for (const burner of burners) burner.isolateMs = 2000
  worked = 4000
  shares.settle()
  expect(modest.used).toBe(200)
  expect(burners[0]?.used).toBeCloseTo(200 + 2000 / 9)
})

test('CPU time that the system reports late is charged, and that of no cell is not', () => {
  let worked = 0
  const shares = new CpuShares(() => worked)
  const cell = new Meter()
  for (let slice = 0; slice < 100; slice++) {
    shares.begin(cell)
    cell.isolateMs += 1
    shares.end(cell)
    worked += 1
  }
  expect(cell.used).toBeGreaterThanOrEqual(99)
  worked += 10_000
  shares.begin(cell)
  cell.isolateMs += 100
  shares.end(cell)
  expect(cell.used).toBeLessThanOrEqual(120)
})

test('a disposed isolate is charged nothing', () => {
  const shares = new CpuShares(() => 1000)
  const cell = new Meter()
  cell.isolateMs = 50
  shares.begin(cell)
  cell.isolateMs = 0
  shares.end(cell)
  expect(cell.used).toBe(0)
})

test('a cell is charged after a report of the system that is lower than the one before', () => {
  let worked = 0
  const shares = new CpuShares(() => worked)
  const cell = new Meter()
  shares.begin(cell)
  worked = -1
  shares.settle()
  worked = 10
  cell.isolateMs = 5
  shares.settle()
  expect(cell.used).toBe(5)
})
