import type { ChatPart } from '../lib/chat-message.ts'

type Props = { readonly part: ChatPart; readonly onDecision: (approvalId: string, approved: boolean) => void }

/** A part of a message: text, a program with its calls, or calls that wait for the user. */
export function Part({ part, onDecision }: Props) {
  if (part.type === 'text') return <p>{part.text}</p>
  if (part.type === 'tool-exec') {
    return (
      <details open>
        <summary>Program</summary>
        <pre>{programOf(part.input)}</pre>
        <Calls part={part} />
        {part.state === 'output-error' && <p role="alert">{part.errorText}</p>}
      </details>
    )
  }
  if (part.type !== 'tool-wait') return null
  if (part.state === 'output-denied') return <p className="hint">You denied these calls.</p>
  if (part.state !== 'approval-requested') return <Calls part={part} />
  const { id, requestReason } = part.approval
  return (
    <section className="approval" aria-label="Approval">
      <h2>The program wants to make these calls</h2>
      <pre>{requestReason}</pre>
      <button type="button" onClick={() => onDecision(id, true)}>
        Approve
      </button>
      <button type="button" className="deny" onClick={() => onDecision(id, false)}>
        Deny
      </button>
    </section>
  )
}

/** The nested calls of a program, and its output when it has ended. */
function Calls({ part }: { readonly part: Extract<ChatPart, { type: 'tool-exec' | 'tool-wait' }> }) {
  if (part.state !== 'output-available') return null
  const { calls, items, cellId } = part.output
  const output = items.flatMap((item) => (item.type === 'input_text' ? item.text : [])).join('\n')
  return (
    <>
      <ul>
        {calls.map((call) => (
          <li key={call.callId}>
            <code>{call.tool}</code> {call.state}
          </li>
        ))}
      </ul>
      {cellId === null && <pre className="output">{output}</pre>}
    </>
  )
}

function programOf(input: unknown): string {
  return typeof input === 'object' && input !== null && 'code' in input ? String(input.code) : ''
}
