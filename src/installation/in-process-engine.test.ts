import { describe, expect, test } from 'vitest'
import { checkInProcessV8, inProcessEngine, inProcessV8 } from './in-process-engine.ts'

const available = { type: 'available' } as const
const missing = { type: 'missing', reason: 'isolated-vm is not installed', advice: 'Install it' } as const

describe('the engine of a host in the process', () => {
  test.each([
    ['auto', available, 'v8'],
    ['auto', missing, 'quickjs'],
    ['v8', missing, 'v8'],
    ['quickjs', available, 'quickjs'],
  ] as const)('%s is chosen by what this process can run', (choice, v8, engine) => {
    expect(inProcessEngine(choice, v8)).toBe(engine)
  })

  test('V8 needs isolated-vm, and Node without its snapshot', () => {
    expect(inProcessV8(missing, true)).toBe(missing)
    expect(inProcessV8(available, true)).toBe(available)
    expect(inProcessV8(available, false)).toEqual({
      type: 'missing',
      reason: 'Node runs without "--no-node-snapshot"',
      advice: 'Start Node with "--no-node-snapshot"',
    })
  })

  test('an error says how to get V8, and names the other engine', () => {
    expect(() => checkInProcessV8(available)).not.toThrow()
    expect(() => checkInProcessV8(missing)).toThrow(
      'Cannot start a host with V8 in this process: isolated-vm is not installed. Install it, or use engine "quickjs"',
    )
  })
})
