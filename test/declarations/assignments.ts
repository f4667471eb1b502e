import { declareTool } from '../../src/declarations/render-tool.ts'
import { complaintsOf } from './type-checker.ts'

/** A value that is assigned to the type of a schema. */
export type Assignment = { readonly schema: unknown; readonly value: unknown }

/** Returns the error of the compiler for each assignment, or null. All of them are one program. */
export function judge(assignments: readonly Assignment[]): readonly (string | null)[] {
  const lines: string[] = ['export {}']
  const at = assignments.map(({ schema, value }, number) => {
    const { text, type } = typeOf(schema, `c${number}`)
    lines.push(...text.split('\n'), `export const v${number}: ${type} = 0 as unknown as ${JSON.stringify(value)};`)
    return lines.length - 1
  })
  const complaints = complaintsOf(lines.join('\n'))
  const inTypes = complaints.find(({ line }) => !at.includes(line))
  if (inTypes !== undefined) throw new Error(`${inTypes.text}: ${lines[inTypes.line] ?? ''}`)
  return at.map((line) => complaints.find((complaint) => complaint.line === line)?.text ?? null)
}

/** Declarations of the type of a schema. */
export function typeOf(inputSchema: unknown, identifier: string): { readonly text: string; readonly type: string } {
  const tool = { identifier: 'f', kind: 'function', description: '', inputSchema, outputSchema: undefined } as const
  const { signature, named } = declareTool(tool, { typePrefix: identifier, unknownResult: 'unknown' })
  const type = signature.slice('f(args: '.length, -'): Promise<unknown>;'.length)
  return { text: [...named, `type ${identifier} = ${type};`].join('\n'), type: identifier }
}
