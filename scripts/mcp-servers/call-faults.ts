import { isRecord } from '../../src/protocol/json.ts'
import { comparedText, isError, type CallOutcome, type CellCalls, type PlainCalls } from './run-calls.ts'
import { varyingOf, type ServerCall } from './server-calls.ts'

/** The outcomes of the same calls in a cell and with the client of the SDK. */
export type CheckedCalls = {
  readonly name: string
  readonly calls: readonly ServerCall[]
  readonly cell: CellCalls & { readonly folder: string }
  readonly plain: PlainCalls & { readonly folder: string }
}

/** Maximum duration of a call, in milliseconds. Without a network, a longer call waits for something. */
const maxCallMs = 20_000

/** Returns the calls whose outcome is not the expected one, or not what the client of the SDK receives. */
export function callFaults(checked: CheckedCalls): readonly string[] {
  const ofCalls = checked.calls.flatMap((call, index) =>
    outcomeFaults(checked, call, index).map((fault) => `${checked.name}.${call.tool}: ${fault}`),
  )
  return [...ofCalls, ...imageFaults(checked)]
}

function outcomeFaults({ name, cell, plain }: CheckedCalls, call: ServerCall, index: number): readonly string[] {
  const [ours, theirs] = [cell.outcomes[index], plain.outcomes[index]]
  if (ours === undefined || theirs === undefined) return ['the call has no outcome']
  const text = 'error' in ours ? ours.error : JSON.stringify(ours.result)
  const faults: string[] = []
  const outcome = isError(ours) ? 'error' : 'result'
  if (![outcome, 'any'].includes(call.outcome)) faults.push(`expected the outcome "${call.outcome}", got ${text}`)
  if (!call.expected.test(text)) faults.push(`expected ${call.expected}, got ${text.slice(0, 1000)}`)
  if (ours.ms > maxCallMs) faults.push(`the call took ${ours.ms} ms`)
  const varying = varyingOf(name)
  const [received, sent] = [comparedText(ours, cell.folder, varying), comparedText(theirs, plain.folder, varying)]
  if (!isSame(ours, received, sent)) faults.push(`a cell receives\n${received}\nand the client of the SDK\n${sent}`)
  return faults
}

/** Compares two results, or two errors: that of codecell also names the tool and the server. */
function isSame(ours: CallOutcome, received: string, sent: string): boolean {
  return 'error' in ours ? received.includes(sent) : received === sent
}

/** The images of all results must be in the output of the cell. */
function imageFaults({ name, cell }: CheckedCalls): readonly string[] {
  const images = cell.outcomes.flatMap((outcome) => ('result' in outcome ? imagesIn(outcome.result) : []))
  const missing = images.filter((image) => !cell.images.includes(image))
  return missing.map((image) => `${name}: an image is not in the output of the cell: ${image.slice(0, 100)}`)
}

function imagesIn(result: unknown): readonly string[] {
  const content: unknown = isRecord(result) ? result['content'] : []
  const blocks: readonly unknown[] = Array.isArray(content) ? content : []
  return blocks.flatMap((block) =>
    isRecord(block) && block['type'] === 'image'
      ? [`data:${String(block['mimeType'])};base64,${String(block['data'])}`]
      : [],
  )
}
