import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const workshop = new URL('./.agents/', import.meta.url)
afterAll(() => rmSync(workshop, { recursive: true, force: true }))

/** Declarations of the variables that a block uses without declaring them. */
const declared = `
declare const model: import('ai').LanguageModel
declare const weather: import('codecell').Tool
`

test('each example of agents.md compiles', () => {
  const page = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block ?? '')
  expect(blocks.length).toBeGreaterThan(5)
  mkdirSync(workshop, { recursive: true })
  for (const [index, block] of blocks.entries()) {
    const isDeclared = /const weather = /.test(block)
    const declarations = isDeclared ? declared.replace(/.*weather.*/, '') : declared
    writeFileSync(new URL(`block-${index + 1}.ts`, workshop), `${block}${declarations}`)
  }
  const compilerOptions = {
    noUnusedLocals: false,
    paths: { codecell: ['../../../src/index.ts'], 'codecell/*': ['../../../src/*.ts'] },
  }
  const config = { extends: '../../../tsconfig.json', compilerOptions, include: ['*.ts'], exclude: [] }
  writeFileSync(new URL('tsconfig.json', workshop), JSON.stringify(config))
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', '.'], { cwd: workshop, encoding: 'utf8' })
  expect(stdout).toBe('')
  expect(status).toBe(0)
})
