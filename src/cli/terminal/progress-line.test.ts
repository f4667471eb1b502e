import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { canDraw, ProgressLine } from './progress-line.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function terminal(columns: number): { isTTY: true; columns: number; written: string[]; write(text: string): void } {
  const written: string[] = []
  return { isTTY: true, columns, written, write: (text) => void written.push(text) }
}

describe('ProgressLine', () => {
  test('a progress line redraws itself, makes room for output, and clears itself at the end', () => {
    const screen = terminal(80)
    const line = new ProgressLine(screen, () => 'running')
    vi.advanceTimersByTime(100)
    line.clear()
    line[Symbol.dispose]()
    vi.advanceTimersByTime(1000)
    expect(screen.written).toEqual(['\r\u001b[K⠋ running', '\r\u001b[K⠙ running', '\r\u001b[K', '\r\u001b[K'])
  })

  test.each([
    [80, 79],
    [0, 39],
  ])('a progress line does not wrap on a terminal of %i columns', (columns, width) => {
    const screen = terminal(columns)
    using line = new ProgressLine(screen, () => 'x'.repeat(200))
    expect(line).toBeDefined()
    expect(screen.written).toEqual([`\r\u001b[K⠋ ${'x'.repeat(width - 2)}`])
  })

  test.each([
    [true, {}, true],
    [true, { NO_COLOR: '1' }, false],
    [true, { TERM: 'dumb' }, false],
    [false, {}, false],
  ])('a progress line can be drawn where isTTY is %s and the environment is %j: %s', (isTTY, env, expected) => {
    expect(canDraw({ isTTY, write: () => undefined }, env)).toBe(expected)
  })
})
