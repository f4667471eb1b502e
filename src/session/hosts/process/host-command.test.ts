import { afterEach, expect, test, vi } from 'vitest'
import { engineNames } from '../../../protocol/engine-name.ts'
import { hostCommand } from './host-command.ts'

const options = { memoryMb: 64, timeZone: 'UTC', locale: 'en-US' } as const
const build = { program: '/opt/codecell/dist/host/main.cjs', node: '/usr/bin/other' }

afterEach(() => void vi.unstubAllGlobals())

test.each(['Bun', 'Deno'])(
  'a strict host is refused in %s, which ignores the flags of the permission model',
  (name) => {
    vi.stubGlobal(name, {})
    for (const engineName of engineNames) {
      expect(() => hostCommand({ ...options, profile: 'strict', engineName }, build)).toThrow(
        `Cannot start a host in the strict profile: ${name} does not have the permission model of Node`,
      )
      expect(hostCommand({ ...options, profile: 'default', engineName }, build).command).toBe('/usr/bin/other')
    }
  },
)

test.each(engineNames)('a strict host with %s has the permission model', (engineName) => {
  expect(hostCommand({ ...options, profile: 'strict', engineName }, build).args).toContain('--permission')
})
