import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ConsoleDecision } from '../../../src/console/api.ts'
import { oneLine, showCount, visible } from '../../../viewer/src/data/format.ts'
import { JsonTree } from '../../../viewer/src/detail/json-tree.tsx'
import { LongText } from '../../../viewer/src/detail/long-text.tsx'
import { failureOf, get, type ApiFailure } from '../data/api.ts'
import { ProblemText } from '../parts/problem.tsx'
import { GroupActions } from './group-actions.tsx'
import { openCalls, outcomeText, type Group, type Inbox } from './inbox.ts'

export type GroupProps = {
  readonly group: Group
  readonly inbox: Inbox
  readonly isWhole: boolean
  readonly isReadOnly: boolean
}

/** The calls of one tool from one line, and the decision about them. */
export function GroupSection({ group, inbox, isWhole, isReadOnly }: GroupProps): JSX.Element {
  const { calls, outcomes, hint } = group
  const labelId = `${group.id}-title`
  const open = openCalls(group)
  return (
    <div class="group" role="group" id={group.id} data-group tabIndex={-1} aria-labelledby={labelId}>
      <h4 id={labelId}>
        <span class="mono">{oneLine(group.title, 200)}</span>
        {hint !== null && <span class={`badge ${hint}`}>{hint}</span>}
      </h4>
      <ol class={calls.length === 1 ? 'inputs is-single' : 'inputs'}>
        {calls.map((call) => {
          const outcome = outcomes.get(call.key)
          return (
            <li key={call.key}>
              {call.shown === undefined ? (
                <p class="notice">The input of this call is too long to show. It can be denied only.</p>
              ) : isWhole ? (
                <WholeInput group={group} input={call.input ?? null} shown={call.shown} callKey={call.key} />
              ) : (
                <pre tabIndex={0} dir="ltr" aria-label="Input">
                  {visible(call.shown)}
                </pre>
              )}
              {outcome !== undefined && calls.length > 1 && open.length > 0 && (
                <p class="outcome">{oneLine(outcomeText(outcome), 1000)}</p>
              )}
            </li>
          )
        })}
      </ol>
      <GroupActions
        group={group}
        open={open.length}
        isReadOnly={isReadOnly}
        decide={(decision: ConsoleDecision) => void inbox.decide(group, decision)}
        setDraft={(change) => inbox.setDraft(group, change)}
      >
        {open.length === 0 && <GroupOutcome group={group} />}
      </GroupActions>
    </div>
  )
}

/** The decisions about all calls of a group. */
function GroupOutcome({ group }: { readonly group: Group }): JSX.Element {
  const texts = Map.groupBy(group.outcomes.values(), outcomeText)
  return (
    <div class="outcomes">
      {[...texts].map(([text, outcomes]) => (
        <p key={text} class="outcome">
          <span aria-hidden="true">{/allowed/.test(text) ? '✓ ' : '⊘ '}</span>
          {outcomes.length > 1 && `${showCount(outcomes.length, 'call')}: `}
          {oneLine(text, 1000)}
        </p>
      ))}
    </div>
  )
}

type WholeProps = {
  readonly group: Group
  readonly input: string | null
  readonly shown: string
  readonly callKey: string
}

/** The whole input. One of more than 64 KiB loads on request. */
function WholeInput({ group, input, shown, callKey }: WholeProps): JSX.Element {
  const [loaded, setLoaded] = useState<string | null>(null)
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const text = input ?? loaded
  if (text !== null) return <Json text={text} />
  const load = async (): Promise<void> => {
    try {
      const detail = await get('/api/call', { session: group.sessionId, key: callKey })
      setLoaded(detail.input.text === '' ? 'no arguments' : detail.input.text)
    } catch (error) {
      setFailure(failureOf(error))
    }
  }
  return (
    <>
      <pre tabIndex={0} dir="ltr" aria-label="Input">
        {visible(shown)}
      </pre>
      {failure !== null && <ProblemText problem={failure} />}
      {shown !== 'no arguments' && (
        <button type="button" class="more" onClick={() => void load()}>
          Load the whole input
        </button>
      )}
    </>
  )
}

/** A JSON text as a tree; other text as it is. */
export function Json({ text }: { readonly text: string }): JSX.Element {
  const value = parsed(text)
  return value === undefined ? (
    <LongText text={text} label="Text" />
  ) : (
    <div class="tree">
      <JsonTree name={null} value={value} depth={0} />
    </div>
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
