import { printable } from '../../common/printable.ts'
import type { RunRecord } from '../runs/run-record.ts'

/** Returns the line about a run that ended. */
export function runLine(
  { task, mode, repeat, status, reasons, turns, inputTokens, outputTokens, durationMs }: RunRecord,
  { done, all }: { readonly done: number; readonly all: number },
): string {
  const tokens = (inputTokens + outputTokens).toLocaleString('en-US')
  const figures = `${turns} ${turns === 1 ? 'turn' : 'turns'}, ${tokens} tokens, ${(durationMs / 1000).toFixed(1)} s`
  const reason = reasons.length === 0 ? '' : `: ${reasons.join('; ').slice(0, 200)}`
  return printable(`[${done}/${all}] ${task} ${mode} run ${repeat + 1}: ${status}, ${figures}${reason}`)
}
