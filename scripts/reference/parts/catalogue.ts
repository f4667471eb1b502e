import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRecord } from '../../../src/protocol/json.ts'
import type { Facts } from '../track/facts.ts'
import type { Part } from '../track/track-part.ts'

/** Maximum length of a text of a model that a report shows. */
const maxTextChars = 200

/** The catalogue of models, the features and the commands of the agent. */
export const catalogue: Part = {
  name: 'catalogue',
  title: 'Models, features and commands',
  isTimed: false,
  async collect({ codex }): Promise<Facts> {
    const models = catalogueOf(codex)
    return await Promise.resolve({
      'order of the models': models.map(({ slug }) => slug).join('\n'),
      ...Object.fromEntries(models.map(({ slug, ...model }) => [`model ${slug}`, withoutTexts(model)])),
      ...featureFacts(run(codex, ['features', 'list'])),
      ...Object.fromEntries(
        [[], ['exec'], ['app-server'], ['debug'], ['mcp'], ['features']].map((command) => [
          ['help of codex', ...command].join(' '),
          run(codex, [...command, '--help']),
        ]),
      ),
    })
  },
}

export type Model = Readonly<Record<string, unknown>> & { readonly slug: string }

/** Returns the models of the bundled catalogue, the preferred one first. */
export function catalogueOf(codex: string): readonly Model[] {
  const parsed: unknown = JSON.parse(run(codex, ['debug', 'models']))
  const models = isRecord(parsed) && Array.isArray(parsed['models']) ? parsed['models'].filter(isRecord) : []
  return models.map((model) => ({ ...model, slug: String(model['slug']) }))
}

/** Replaces instructions by their length and hash: they do not describe tools. */
function withoutTexts(model: object): unknown {
  return JSON.parse(
    JSON.stringify(model, (_, value: unknown) => {
      if (typeof value !== 'string' || value.length <= maxTextChars) return value
      return `[${value.length} characters, ${createHash('sha256').update(value).digest('hex').slice(0, 8)}]`
    }),
  )
}

/** Returns the stage and the default of each feature, from a table with columns. */
export function featureFacts(table: string): Facts {
  const rows = table.split('\n').map((line) => /^(\S+)\s{2,}(\S.*?)\s{2,}(true|false)\s*$/.exec(line))
  return Object.fromEntries(
    rows.flatMap((row) =>
      row === null ? [] : [[`feature ${row[1]}`, `${row[2]}, ${row[3] === 'true' ? 'on' : 'off'}`]],
    ),
  )
}

/** Returns the output of a command in a home directory of its own. */
function run(codex: string, args: readonly string[]): string {
  const home = mkdtempSync(join(tmpdir(), 'codecell-codex-'))
  try {
    const { status, stdout, stderr, error } = spawnSync(codex, args, {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: home, CODEX_HOME: home },
      maxBuffer: 64 * 1024 * 1024,
    })
    if (status === 0) return stdout.replaceAll(home, 'HOME')
    throw new Error(`Cannot run "codex ${args.join(' ')}": ${error?.message ?? stderr.trim()}`)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}
