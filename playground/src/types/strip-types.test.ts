import { stripTypeScriptTypes } from 'node:module'
import { expect, test } from 'vitest'
import { parseModule } from '../../../src/agent/preflight/syntax-tree.ts'
import { stripTypes } from './strip-types.ts'

const programs: readonly string[] = [
  'const n: number = 1; text(n)',
  'let a: { b: string }, c!: number\ntext(1)',
  'interface A { b: string }\ntext(1)',
  'export type A = string\ntext(1)',
  'text(1)\ntype A = string\n;(1)',
  'const f = (a?: number, ...rest: string[]): number => a ?? rest.length',
  'const f = (): {\n  a: number\n} => ({ a: 1 })',
  'const f = async <T,>(value: T): Promise<T> => value',
  'function f<T extends object>(this: object, value: T, other?: T): asserts value is T { text(value) }',
  'function f(this: object): void {}',
  'function f(a: string): void\nfunction f(a: number): void\nfunction f(a: unknown): void { text(a) }',
  'const a = load("x") as { b: string }\ntext(a.b)',
  'const a = load("x") as string\n;[1].map(text)',
  'const a = load("x") as string\n(text)(1)',
  'const a = load("x") satisfies string\n`x`',
  'text((load("x") as string[]).map((b) => b as string).length)',
  'const { a, b = 1 }: { a: number; b?: number } = load("x")',
  'text(load("x")!.a!.b)',
  'const map = new Map<string, Set<number>>()\ntext(map)',
  'class A<T> implements B, C<T> { private readonly a: T; static b?: number; c!: string; constructor(a: T) { this.a = a } }',
  'class A extends B<string> { override get a(): string { return "" } protected async *b(): AsyncGenerator<void> {} }',
  'abstract class A { abstract b: string; abstract c(): void; d(): void; d(a?: string): void {} [key: string]: unknown }',
  'class A { a = 1\n private ["b"] = 2\n public *c() {} }',
  'declare const x: string; declare function y(): void; declare module "z" {}\ntext(1)',
  'namespace A { export interface B { c: string } }\ntext(1)',
  'import type { A } from "a"\ntext(1)',
  'try { text(1) } catch (error: unknown) { text(error) }',
  'for (const a of load("x") as string[]) text(a)',
  'label: for (;;) { type A = string; break label }',
  'const text2 = text<string>\ntext`a${1 as number}b`',
  'const o = { m<T>(a: T): T { return a }, async *g(): AsyncGenerator<number> { yield 1 as number } }',
  'type A = `a${string}`; const é: string = "ü😀"; text(é as A)',
  'const f = (a: number) => a as unknown\ntext(f(1))',
  'text(1 as any as string)\nconst g = function <T>(a: T) { return a! }',
  'const pick = <K extends string>(o: Record<K, number>, k: K) => o[k]\ntext(pick<"a">({ a: 1 }, "a"))',
]

test.each(programs)('the types of `%s` become spaces, as Node strips them', (source) => {
  const stripped = stripTypes(source)
  expect(stripped).toMatchObject({ type: 'stripped', isAligned: true })
  const own = stripped.type === 'stripped' ? stripped.source : ''
  expect(parseModule(own)).not.toBeNull()
  expect(own).toHaveLength(source.length)
  expect(own.split('\n')).toHaveLength(source.split('\n').length)
  expect(wordsOf(own)).toEqual(wordsOf(stripTypeScriptTypes(source)))
})

/** Returns the code without spaces and semicolons, which both put at different places. */
function wordsOf(source: string): string {
  return source.replaceAll(/[\s;]+/g, '')
}

test.each([
  'enum A { b }',
  'const enum A { b }',
  'namespace A { export const b = 1 }',
  'class A { constructor(private b: string) {} }',
  'import a = require("a")',
  'text(<string>load("x"))',
])('`%s` is refused, because it is more than types', (source) => {
  expect(() => stripTypeScriptTypes(source)).toThrow()
  expect(stripTypes(source)).toMatchObject({ type: 'unsupported' })
})

test('JavaScript is not changed, and a syntax error is left to the engine', () => {
  expect(stripTypes('const a = 1; text(a)')).toEqual({ type: 'javascript' })
  expect(stripTypes('const a: = 1')).toEqual({ type: 'not_typescript' })
  expect(stripTypes('text(')).toEqual({ type: 'not_typescript' })
})
