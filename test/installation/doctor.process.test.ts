import { expect, test } from 'vitest'
import supported from '../../bin/supported-node.cjs'
import { newProject, runNode } from './project.ts'

test('codecell doctor names the binary of isolated-vm and the TypeScript of type notes', async () => {
  const { code, out } = await runNode(['node_modules/codecell/bin/codecell.js', 'doctor'], newProject())
  const file = supported.binaryFile(supported.currentRuntime()).split('/').at(-1)
  expect(out).toContain(`ok      isolated-vm has a binary: ${file}\n`)
  expect(out).toMatch(/^ok {6}Type notes use TypeScript 7\.\d/m)
  expect(code).toBe(0)
})
