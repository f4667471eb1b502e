import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect } from 'vitest'

/** A folder inside of the package, so that examples can import the package by its name. */
export const workshop: URL = new URL(`./.examples/${process.pid}/`, import.meta.url)
export const cwd: string = fileURLToPath(workshop)
beforeEach(() => mkdirSync(workshop, { recursive: true }))
afterEach(() => rmSync(workshop, { recursive: true, force: true }))

/** Writes a block of a page to a file and returns its path. */
export function example(page: string, index = 0): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const block = [...text.matchAll(/```ts\n([\s\S]*?)```/g)][index]?.[1]
  if (block === undefined) throw new Error(`${page} has no example ${index + 1}`)
  const program = new URL(`${page}-${index + 1}.ts`, workshop)
  writeFileSync(program, block)
  return fileURLToPath(program)
}

/** Runs a program that must succeed, and returns its output. */
export function outputOf(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd, encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}
