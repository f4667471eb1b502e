import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isRecord } from '../src/protocol/json.ts'

// Derives the conversations of `test/fixtures` from recorded ones: what the client sends and what must come back. The argument
// is a folder with `host-cases.json` and `host-transcripts/*.jsonl`. Times, sizes, descriptions and schemas are left out.

type Json = Readonly<Record<string, unknown>>

const [, , folder = ''] = process.argv
const fixtures = new URL('../test/fixtures/', import.meta.url)

/** Cases with a pause in which a cell runs. The other pauses wait for messages that must not arrive. */
const running = new Set(['yield-wait', 'wait-result-buffered'])

function recordOf(value: unknown): Json {
  if (isRecord(value)) return value
  throw new TypeError(`expected an object, got ${JSON.stringify(value)}`)
}

function listOf(value: unknown): readonly Json[] {
  if (Array.isArray(value)) return value.map(recordOf)
  throw new TypeError(`expected a list, got ${JSON.stringify(value)}`)
}

function cases(): readonly Json[] {
  const file = recordOf(JSON.parse(readFileSync(join(folder, 'host-cases.json'), 'utf8')))
  return listOf(file['cases']).map((each) => {
    const name = String(each['name'])
    const steps = listOf(each['log']).map((step) => {
      if (step['pause'] === undefined) return step
      return { [running.has(name) ? 'pause' : 'silence']: step['pause'] }
    })
    const byItself = each['host_ended_by_itself'] !== undefined
    const { code } = recordOf(each[byItself ? 'host_ended_by_itself' : 'after_end_of_input'])
    return { name, steps, end: { code, byItself } }
  })
}

function transcripts(protocol: string): readonly { readonly name: string; readonly lines: readonly Json[] }[] {
  const files = readdirSync(join(folder, 'host-transcripts')).filter((name) => name.startsWith(`${protocol}-`))
  return files.toSorted().map((name) => {
    const text = readFileSync(join(folder, 'host-transcripts', name), 'utf8')
    return {
      name: basename(name, '.jsonl'),
      lines: text
        .trimEnd()
        .split('\n')
        .map((line) => recordOf(JSON.parse(line))),
    }
  })
}

function framed(): readonly Json[] {
  return transcripts('framed').map(({ name, lines }) => ({
    name,
    steps: lines
      .filter(({ kind }) => kind === 'frame')
      .flatMap((line): Json[] => [
        ...pauseBefore(line, lines, recordOf(line['message'])['type'] === 'operation/yield'),
        { [line['dir'] === 'c2h' ? 'send' : 'recv']: compact(line['message']) },
      ]),
    end: { code: 0, byItself: false },
  }))
}

/** A cell runs until its client yields. */
function pauseBefore(line: Json, lines: readonly Json[], isYield: boolean): readonly Json[] {
  const previous = lines[lines.indexOf(line) - 1]
  return isYield ? [{ pause: Math.round(Number(line['t']) - Number(previous?.['t'])) }] : []
}

/** Within a call, the trailers come last. */
function grpc(): readonly Json[] {
  return transcripts('grpc').map(({ name, lines }) => {
    const steps = lines.flatMap((line): { at: number; step: Json }[] => {
      const { kind, dir, stream, rpc, message } = line
      const at = lines.indexOf(line)
      if (kind === 'message' && dir === 'c2h') {
        const pauses = pauseBefore(line, lines, rpc === 'YieldObservation')
        return [...pauses, { call: stream, rpc, message: compact(message) }].map((step) => ({ at, step }))
      }
      if (kind === 'message') return [{ at, step: { recv: stream, rpc, message: compact(message) } }]
      if (kind === 'reset') return [{ at, step: { cancel: stream } }]
      const headers = isRecord(line['headers']) ? line['headers'] : {}
      if (headers['grpc-status'] === undefined) return []
      const last = lines.findLastIndex((other) => other['stream'] === stream && other['kind'] === 'message')
      return [{ at: Math.max(at, last + 0.5), step: { end: stream, status: Number(headers['grpc-status']) } }]
    })
    return { name, steps: steps.toSorted((a, b) => a.at - b.at).map(({ step }) => step) }
  })
}

/** Leaves out times, and writes tools as `namespace/name`, with `!` for a freeform one. */
function compact(message: unknown): unknown {
  const json = JSON.stringify(message, (key, value: unknown) => {
    if (key === 'enabled_tools' && Array.isArray(value)) return listOf(value).map(toolName).join(' ')
    return key.endsWith('_ns') ? 0 : value
  })
  return JSON.parse(json)
}

function toolName(tool: Json): string {
  const { name, namespace } = recordOf(tool['tool_name'])
  const own = String(name)
  const isPlain = typeof namespace !== 'string'
  const full = isPlain ? own : `${namespace}__${own}`
  if (full !== tool['name']) throw new TypeError(`expected the tool name ${full}, got ${JSON.stringify(tool['name'])}`)
  const isFreeform = String(tool['kind']).toLowerCase().endsWith('freeform')
  return `${isPlain ? '' : `${namespace}/`}${own}${isFreeform ? '!' : ''}`
}

function write(name: string, conversations: readonly Json[]): void {
  writeFileSync(new URL(name, fixtures), `${conversations.map((each) => JSON.stringify(each)).join('\n')}\n`)
  process.stdout.write(`${name}: ${conversations.length} conversations\n`)
}

write('codex-conversations.jsonl', [...cases(), ...framed()])
write('codex-grpc-conversations.jsonl', grpc())
