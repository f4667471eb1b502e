import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { markdownReport } from './markdown-report.ts'
import type { EvalSummary } from './summary.ts'

/** Writes the report next to the results, as Markdown and as JSON. */
export function writeReports(folder: string, summary: EvalSummary): void {
  writeFileSync(join(folder, 'report.md'), markdownReport(summary))
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(summary, null, 2)}\n`)
}
