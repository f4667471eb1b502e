import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseRunRecord, type RunRecord } from '../../src/cli/eval/runs/run-record.ts'
import { newFolder } from '../support/folder.ts'
import { runInProcess } from '../support/in-process-cli.ts'
import { modelKey, type ScriptedModel } from './model/scripted-model.ts'

export type EvalRun = {
  readonly code: number | null
  readonly out: string
  readonly err: string
  /** The folder of the results. */
  readonly folder: string
  readonly records: readonly RunRecord[]
}

export type EvalOptions = {
  readonly api?: 'openai-chat' | 'openai-responses' | 'anthropic'
  readonly model?: string
  readonly folder?: string
  /** A folder with tasks. Default: those of the package. */
  readonly tasks?: string
}

/** Runs `codecell eval` with a scripted model. */
export async function runEval(
  server: ScriptedModel,
  flags: readonly string[],
  { api = 'openai-chat', model = 'right', folder = join(newFolder(), 'results'), tasks }: EvalOptions = {},
): Promise<EvalRun> {
  const own = ['--model', model, '--api', api, '--base-url', server.url, '--key-env', 'MODEL_KEY', '-o', folder]
  const args = ['eval', ...(tasks === undefined ? [] : [tasks]), ...own, '--quiet', ...flags]
  const result = await runInProcess(args, { io: { env: { MODEL_KEY: modelKey } } })
  return { ...result, folder, records: recordsIn(folder) }
}

export function recordsIn(folder: string): readonly RunRecord[] {
  const file = join(folder, 'results.jsonl')
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(1)
  return lines.map((line, at) => parseRunRecord(JSON.parse(line), `line ${at + 2}`))
}

/** Creates a folder with one task over the shop. The model must answer with "paid". */
export function smallTasks(members: object = {}): string {
  const folder = join(newFolder(), 'tasks')
  const shop = fileURLToPath(new URL('../../eval/servers/shop.js', import.meta.url))
  const servers = { shop: { command: 'node', args: ['--disable-warning=ExperimentalWarning', shop] } }
  const task = {
    id: 'small',
    servers: ['shop'],
    prompt: 'What is the status of order 1042?',
    checks: [{ type: 'answer', equals: 'paid' }],
    ...members,
  }
  mkdirSync(folder)
  writeFileSync(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: servers }))
  writeFileSync(join(folder, 'small.json'), JSON.stringify(task))
  return folder
}
