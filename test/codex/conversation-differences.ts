import { isDeepStrictEqual } from 'node:util'
import type { Message } from './framed-client.ts'
import { recordOf, type Recorded } from './recorded-conversations.ts'

type Changed = Pick<Recorded, 'steps' | 'end'>

/** An intentional difference from a recorded conversation, which `docs/compatibility.md` lists. */
type Difference = {
  readonly reason: string
  /** Returns the conversation that codecell has. */
  readonly change: (conversation: Recorded) => Changed
}

const clientLeaves = { code: 0, byItself: false }

/** The process continues, after these messages. */
function continues(...messages: readonly Message[]): Difference['change'] {
  return ({ steps }) => ({ steps: [...steps, ...messages.map((recv) => ({ recv }))], end: clientLeaves })
}

function refusal(id: number, detail: string): Message {
  const message = `failed to decode code-mode IPC frame: ${detail}`
  return { type: 'operation/response', id, result: { status: 'error', message } }
}

const nothing = { cell_id: '1', content_items: [], code_mode_host_duration_ns: 0 }

const syntaxErrors: Difference = {
  reason: 'the text of a syntax error has its position on a line of its own',
  change: ({ steps, end }) => {
    const text = JSON.stringify(steps).replaceAll(/SyntaxError: [^"\\]+/g, String.raw`$&\n    at exec_main.mjs:1:1`)
    return { steps: stepsOf(text), end }
  },
}

const oneOutput: Difference = {
  reason: 'output of a terminated cell is in the response to the termination only',
  change: ({ steps, end }) => ({ steps: steps.map((step) => withoutOutput(step)), end }),
}

/** Without the output of a terminated cell in the first response. */
function withoutOutput(step: Message): Message {
  const text = JSON.stringify(step)
  if (!text.includes('execute/initialResponse') || !text.includes('"Terminated"')) return step
  return recordOf(JSON.parse(text.replace(/"content_items":\[[^\]]*\]/, '"content_items":[]')))
}

/** The conversations in which codecell differs, by name. */
export const differences: Readonly<Record<string, Difference>> = {
  'handshake-unknown-field': {
    reason: 'unknown members are ignored',
    change: continues({ type: 'connection/ready', selectedVersion: 1, capabilities: [] }),
  },
  'frame-unknown-field': {
    reason: 'unknown members are ignored',
    change: continues({
      type: 'operation/response',
      id: 1,
      result: { status: 'ok', value: { type: 'session/ready', sessionId: 's1' } },
    }),
  },
  'frame-empty': { reason: 'a malformed message does not end the process', change: continues() },
  'request-id-repeated': {
    reason: 'a request with the id of a pending one is ignored, and does not end the process',
    change: continues(),
  },
  'execute-missing-source': {
    reason: 'a malformed request is refused, and does not end the process',
    change: continues(refusal(2, 'missing field `source`')),
  },
  'truncation-unknown': {
    reason: 'a malformed request is refused, and does not end the process',
    change: continues(refusal(1, 'unknown variant `sometimes`, expected `client` or `server`')),
  },
  'notify-unanswered': {
    reason: 'a finished cell whose last notification is not acknowledged yields on time',
    change: ({ steps, end }) => {
      const yielded = { ...nothing, content_items: [{ type: 'input_text', text: 't' }] }
      const first = { type: 'execute/initialResponse', id: 2, result: { status: 'ok', value: { Yielded: yielded } } }
      const outcome = { LiveCell: { Yielded: nothing } }
      const value = { type: 'wait/completed', outcome }
      const second = { type: 'operation/response', id: 3, result: { status: 'ok', value } }
      const replaced = [first, second].values()
      return { steps: steps.map((step) => ('timeout' in step ? { recv: replaced.next().value } : step)), end }
    },
  },
  'yield-not-negotiated': {
    reason: 'a cell has printed before the client yields',
    change: ({ steps, end }) => ({
      steps: steps.flatMap((step) =>
        JSON.stringify(step).includes('operation/yield') ? [{ silence: 0 }, step] : [step],
      ),
      end,
    }),
  },
  'framed-failing-script': syntaxErrors,
  'framed-interrupted-exec': oneOutput,
  'framed-turn-interrupt': oneOutput,
  'grpc-failing-script': syntaxErrors,
  'grpc-interrupted-exec': {
    reason: 'a termination waits for the end of a cell whose execute was canceled, and finds no cell then',
    change: ({ steps, end }) => ({
      steps: steps.flatMap((step) =>
        step['end'] === 7
          ? [
              { ...missing(steps), recv: 7 },
              { end: 7, status: 0 },
            ]
          : [step],
      ),
      end,
    }),
  },
}

/** Returns the step with the response to the second termination. */
function missing(steps: readonly Message[]): Message {
  return steps.find((step) => step['recv'] === 9) ?? {}
}

/** Returns a recorded conversation as codecell has it. */
export function changed(conversation: Recorded): Recorded {
  const difference = differences[conversation.name]
  if (difference === undefined) return conversation
  const result = { ...conversation, ...difference.change(conversation) }
  if (isDeepStrictEqual(result, conversation)) throw new Error(`${conversation.name} has no difference`)
  return result
}

function stepsOf(json: string): readonly Message[] {
  const steps: unknown = JSON.parse(json)
  return Array.isArray(steps) ? steps.map(recordOf) : []
}
