import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = new URL('./', import.meta.url)
const built = new URL('./.built/', import.meta.url)

/**
 * The program of an agent, without types and on the built package: it starts in half the time, and what a campaign does most is
 * to start agents. Gives its path; the package has to be built.
 */
export function builtAgent(name: 'agent' | 'example-agent'): string {
  mkdirSync(built, { recursive: true })
  for (const file of ['messages', name]) {
    const source = stripTypeScriptTypes(readFileSync(new URL(`${file}.ts`, here), 'utf8'))
    const program = source
      .replaceAll(/(from '\.\.\/\.\.\/)src(\/[^']*)\.ts'/g, "$1../dist$2.js'")
      .replaceAll(".ts'", ".js'")
    // Another test may be about to start the one that is there.
    const fresh = new URL(`${file}.js.${process.pid}`, built)
    writeFileSync(fresh, program)
    renameSync(fresh, new URL(`${file}.js`, built))
  }
  return fileURLToPath(new URL(`${name}.js`, built))
}
