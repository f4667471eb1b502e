import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { describe, expect, test } from 'vitest'
import { newProject, runNode } from './project.ts'

const program = `
  import { createSession } from 'codecell'
  async function main() {
    const session = await createSession()
    const { items } = await session.execute('text(6 * 7)')
    console.log(items[0].text)
    await session.close()
  }
  main().catch(({ code, message }) => console.log(code, message))`

/** Creates a project with a program that runs a cell. */
function projectWithProgram(): string {
  const folder = newProject()
  writeFileSync(join(folder, 'main.js'), program)
  return folder
}

/** The parts of the error for every bundler. */
const advice = [
  'HOST_START_FAILED',
  'host/main.js',
  'esbuild `external: ["codecell"]`',
  'Vite `ssr: { external: ["codecell"] }`',
  'Next.js `serverExternalPackages: ["codecell"]`',
  'docs/bundlers.md',
]

async function built(format: 'es' | 'cjs', external: readonly string[]): Promise<string> {
  const folder = projectWithProgram()
  const name = format === 'es' ? 'main.mjs' : 'main.cjs'
  await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true, external: [...external] },
    build: { ssr: 'main.js', outDir: 'out', rolldownOptions: { output: { format, entryFileNames: name } } },
  })
  const { out, err } = await runNode([join(folder, 'out', name)], folder)
  return out + err
}

describe('codecell in a bundle', () => {
  test.each(['es', 'cjs'] as const)(
    'of Vite in %s fails with the setting to use, and works as an external package',
    async (format) => {
      const inside = await built(format, ['isolated-vm'])
      for (const text of advice) expect(inside).toContain(text)
      expect(await built(format, ['codecell'])).toBe('42\n')
    },
  )

  test("codecell under Yarn Plug'n'Play reports the configuration to write", async () => {
    const folder = projectWithProgram()
    writeFileSync(join(folder, 'pnp.cjs'), `Object.defineProperty(process.versions, 'pnp', { value: '3' })`)
    writeFileSync(join(folder, 'main.mjs'), program)
    const { out } = await runNode(['--require', './pnp.cjs', 'main.mjs'], folder)
    expect(out).toContain('HOST_START_FAILED')
    expect(out).toContain('write "nodeLinker: node-modules" into .yarnrc.yml')
    expect(out).toContain('docs/bundlers.md')
  })
})
