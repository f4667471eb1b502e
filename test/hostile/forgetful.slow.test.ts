import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { builtProgram } from '../support/built-program.ts'

const agent = await builtProgram(new URL('forgetful-agent.ts', import.meta.url))

test('ended cells and sessions retain no memory, even when tools and handlers never settle', () => {
  const output = execFileSync(process.execPath, ['--expose-gc', agent], { encoding: 'utf8' })
  const {
    figures,
    left,
  }: { figures: Record<string, { running: number; ended: number; closed: number }>; left: number } = JSON.parse(output)
  expect(Object.keys(figures)).toHaveLength(6)
  for (const [name, { running, ended, closed }] of Object.entries(figures)) {
    expect(running, name).toBeGreaterThan(20)
    expect(ended, name).toBeLessThan(4)
    expect(closed, name).toBeLessThan(4)
  }
  expect(left).toBeLessThan(8)
})
