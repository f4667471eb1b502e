import ts from '@typescript/typescript6'
import type { Stripped } from '../../../console/src/playground/types/messages.ts'
import { parseModule } from '../../../src/agent/preflight/syntax-tree.ts'
import { TypeEraser, UnsupportedSyntax } from './type-eraser.ts'

/**
 * Removes types from a program, as Node does: spaces replace them, so lines and columns stay. A program that does not parse afterwards is
 * written again by TypeScript.
 */
export function stripTypes(source: string): Stripped {
  if (parseModule(source) !== null) return { type: 'javascript' }
  const file = ts.createSourceFile('cell.ts', source, ts.ScriptTarget.ESNext, true)
  if (hasSyntaxErrors(source)) return { type: 'not_typescript' }
  try {
    const stripped = new TypeEraser(file).erase()
    if (parseModule(stripped) !== null) return { type: 'stripped', source: stripped, isAligned: true }
  } catch (error) {
    if (error instanceof UnsupportedSyntax) return { type: 'unsupported', reason: error.message }
    throw error
  }
  return { type: 'stripped', source: transpile(source).outputText, isAligned: false }
}

function hasSyntaxErrors(source: string): boolean {
  return (transpile(source).diagnostics ?? []).length > 0
}

function transpile(source: string): ts.TranspileOutput {
  return ts.transpileModule(source, {
    reportDiagnostics: true,
    fileName: 'cell.ts',
    compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
  })
}
