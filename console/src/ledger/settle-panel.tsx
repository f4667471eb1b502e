import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { ApiError, CallDetail, SettleRequest, SettleResponse } from '../../../src/console/api.ts'
import { oneLine } from '../../../viewer/src/data/format.ts'
import { useConsole, whyReadOnly } from '../app/context.ts'
import { ApiFailure, newRequestId, post } from '../data/api.ts'
import { announce } from '../parts/announcer.tsx'
import { Confirm } from '../parts/confirm.tsx'

type PanelProps = { readonly call: CallDetail; readonly onDone: () => void }

/** States whether an unknown call had its effect. */
export function SettlePanel({ call, onDone }: PanelProps): JSX.Element {
  const { me } = useConsole()
  const readOnly = whyReadOnly(me)
  const [asked, setAsked] = useState<SettleRequest['settlement']['type'] | null>(null)
  const [result, setResult] = useState('')
  const [note, setNote] = useState('')
  const problem = jsonProblem(result)
  return (
    <section class="settle" aria-label="Settle">
      <h3>Did it happen?</h3>
      {readOnly !== null && <p class="notice">{readOnly}</p>}
      <Field label="Result that the program receives, as JSON (optional)" problem={problem}>
        {(props) => (
          <textarea {...props} rows={3} value={result} onInput={(event) => setResult(event.currentTarget.value)} />
        )}
      </Field>
      <Field label="Note for the record (optional)" problem={null}>
        {(props) => (
          <input {...props} type="text" value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        )}
      </Field>
      <div class="actions">
        <button
          type="button"
          aria-disabled={readOnly !== null || problem !== null}
          onClick={() => readOnly === null && problem === null && setAsked('happened')}
        >
          It happened…
        </button>
        <button
          type="button"
          aria-disabled={readOnly !== null}
          onClick={() => readOnly === null && setAsked('did_not_happen')}
        >
          It did not happen…
        </button>
      </div>
      {asked !== null && (
        <ConfirmSettlement
          call={call}
          settlement={settlementOf(asked, result.trim(), note.trim())}
          close={() => setAsked(null)}
          onDone={onDone}
        />
      )}
    </section>
  )
}

type Settlement = SettleRequest['settlement']

function settlementOf(type: Settlement['type'], result: string, note: string): Settlement {
  const noted = note === '' ? {} : { note }
  if (type === 'did_not_happen') return { type, ...noted }
  return { type, ...noted, ...(result === '' ? {} : { result }) }
}

type ConfirmProps = PanelProps & { readonly settlement: Settlement; readonly close: () => void }

function ConfirmSettlement({ call, settlement, close, onDone }: ConfirmProps): JSX.Element {
  const [requestId] = useState(newRequestId)
  const hasHappened = settlement.type === 'happened'
  const verb = hasHappened ? 'It happened' : 'It did not happen'
  const send = async (): Promise<void> => {
    const response = await post('/api/settle', { sessionId: call.sessionId, key: call.key, settlement, requestId })
    onDone()
    if (response.type === 'refused') throw new ApiFailure(409, refusal(response))
    announce(`${call.identifier}: ${verb}, recorded`)
  }
  return (
    <Confirm title={`Record: ${verb.toLowerCase()}?`} verb={verb} close={close} act={send}>
      <p>
        <span class="mono">{oneLine(call.identifier, 80)}</span> of cell {oneLine(call.cellId, 40)}.{' '}
        {hasHappened
          ? 'The call counts as done, and is not repeated.'
          : 'The call counts as not done, and a program can repeat it.'}{' '}
        The statement and your name stay on record.
      </p>
    </Confirm>
  )
}

function refusal({ error, first }: Extract<SettleResponse, { type: 'refused' }>): ApiError {
  if (first === null) return error
  const what = first.type === 'happened' ? 'happened' : 'did not happen'
  return { ...error, message: `${oneLine(first.by ?? 'Another user', 100)} has already stated that it ${what}` }
}

/** Provides the result of a deferred call. */
export function ProvidePanel({ call, onDone }: PanelProps): JSX.Element {
  const { me } = useConsole()
  const readOnly = whyReadOnly(me)
  const [asked, setAsked] = useState<'result' | 'error' | null>(null)
  const [text, setText] = useState('')
  const problem = text.trim() === '' ? null : jsonProblem(text)
  const ask = (type: 'result' | 'error'): void => {
    if (readOnly !== null || text.trim() === '' || (type === 'result' && problem !== null)) return
    setAsked(type)
  }
  return (
    <section class="settle" aria-label="Provide the result">
      <h3>Provide the result</h3>
      {readOnly !== null && <p class="notice">{readOnly}</p>}
      <Field label="Result as JSON, or the message of an error" problem={null}>
        {(props) => (
          <textarea {...props} rows={3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        )}
      </Field>
      <div class="actions">
        <button
          type="button"
          aria-disabled={readOnly !== null || text.trim() === '' || problem !== null}
          onClick={() => ask('result')}
        >
          Provide the result…
        </button>
        <button type="button" aria-disabled={readOnly !== null || text.trim() === ''} onClick={() => ask('error')}>
          Reject with this message…
        </button>
        {problem !== null && <span class="muted">{problem}</span>}
      </div>
      {asked !== null && (
        <ConfirmProvision {...{ call, onDone }} type={asked} text={text.trim()} close={() => setAsked(null)} />
      )}
    </section>
  )
}

type ProvisionProps = PanelProps & {
  readonly type: 'result' | 'error'
  readonly text: string
  readonly close: () => void
}

function ConfirmProvision({ call, onDone, type, text, close }: ProvisionProps): JSX.Element {
  const [requestId] = useState(newRequestId)
  const send = async (): Promise<void> => {
    const reference = { sessionId: call.sessionId, key: call.key, requestId }
    await post('/api/provide', type === 'result' ? { ...reference, result: text } : { ...reference, error: text })
    announce(`${call.identifier}: the result is recorded`)
    onDone()
  }
  return (
    <Confirm
      title={type === 'result' ? 'Provide this result?' : 'Reject the call with this message?'}
      verb={type === 'result' ? 'Provide' : 'Reject'}
      close={close}
      act={send}
    >
      <p>
        The program of cell {oneLine(call.cellId, 40)} receives it from{' '}
        <span class="mono">{oneLine(call.identifier, 80)}</span>, and continues.
      </p>
    </Confirm>
  )
}

type FieldControl = { readonly id: string; readonly 'aria-describedby': string; readonly 'aria-invalid': boolean }

type FieldProps = {
  readonly label: string
  readonly problem: string | null
  readonly children: (control: FieldControl) => ComponentChildren
}

function Field({ label, problem, children }: FieldProps): JSX.Element {
  const id = useId()
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-problem`, 'aria-invalid': problem !== null })}
      <span id={`${id}-problem`} class="error-text">
        {problem}
      </span>
    </p>
  )
}

function jsonProblem(text: string): string | null {
  if (text.trim() === '') return null
  try {
    JSON.parse(text)
    return null
  } catch {
    return 'This is not JSON: a string has quotes.'
  }
}
