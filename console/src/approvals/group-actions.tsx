import type { ComponentChildren, JSX } from 'preact'
import { useId } from 'preact/hooks'
import type { ConsoleDecision } from '../../../src/console/api.ts'
import { oneLine, showCount } from '../../../viewer/src/data/format.ts'
import { ProblemText } from '../parts/problem.tsx'
import type { Group } from './inbox.ts'

type Draft = Group['draft']

export type ActionsProps = {
  readonly group: Group
  /** The number of calls without a decision. */
  readonly open: number
  readonly isReadOnly: boolean
  readonly decide: (decision: ConsoleDecision) => void
  readonly setDraft: (change: Partial<Draft>) => void
  /** The outcome, when the group is decided. */
  readonly children: ComponentChildren
}

const maxGrant = 10_000

/**
 * The buttons of a group. They stay in their positions and focusable when the group is decided, here or by another user: neither the
 * focus nor a typed reason is lost, and no button moves under the pointer.
 */
export function GroupActions({ group, open, isReadOnly, decide, setDraft, children }: ActionsProps): JSX.Element {
  const { draft, sent, isTooLong } = group
  const isSending = sent !== null && sent.failure === null
  const isDecided = open === 0
  const isOff = isReadOnly || isSending || isDecided
  const toggle = (panel: Draft['panel']): void => {
    if (!isReadOnly && !isDecided) setDraft({ panel: draft.panel === panel ? 'none' : panel })
  }
  const panels = { group, open, isOff, decide, setDraft }
  return (
    <div class={isDecided ? 'decide is-decided' : 'decide'} aria-busy={isSending}>
      <div class="actions">
        {!isTooLong && (
          <button
            type="button"
            class="primary"
            aria-disabled={isOff}
            onClick={() => !isOff && decide({ type: 'allow' })}
          >
            {open > 1 ? `Allow these ${open} calls` : 'Allow this call'}
          </button>
        )}
        <button
          type="button"
          aria-disabled={isReadOnly || isDecided}
          aria-expanded={draft.panel === 'deny'}
          onClick={() => toggle('deny')}
        >
          Deny…
        </button>
        {!isTooLong && (
          <button
            type="button"
            aria-disabled={isReadOnly || isDecided}
            aria-expanded={draft.panel === 'more'}
            onClick={() => toggle('more')}
          >
            Allow more…
          </button>
        )}
        {isSending && <span class="muted">Sending…</span>}
        {children}
      </div>
      {draft.panel === 'deny' && <DenyPanel {...panels} />}
      {draft.panel === 'more' && <GrantPanel {...panels} />}
      {sent?.failure != null && (
        <>
          <ProblemText problem={sent.failure} />
          <button type="button" aria-disabled={isReadOnly} onClick={() => decide(sent.decision)}>
            Send the decision again
          </button>
        </>
      )}
    </div>
  )
}

type PanelProps = Omit<ActionsProps, 'isReadOnly' | 'children'> & { readonly isOff: boolean }

function DenyPanel({ group, open, isOff, decide, setDraft }: PanelProps): JSX.Element {
  const id = useId()
  const reason = group.draft.reason.trim()
  return (
    <div class="panel">
      <label for={id}>Reason for the program (optional)</label>
      <input
        id={id}
        type="text"
        maxLength={1000}
        autocomplete="off"
        value={group.draft.reason}
        onInput={(event) => setDraft({ reason: event.currentTarget.value })}
      />
      <button
        type="button"
        class="danger"
        aria-disabled={isOff}
        onClick={() => !isOff && decide(reason === '' ? { type: 'deny' } : { type: 'deny', reason })}
      >
        {open > 1 ? `Deny these ${open} calls` : 'Deny this call'}
      </button>
    </div>
  )
}

function GrantPanel({ group, open, isOff, decide, setDraft }: PanelProps): JSX.Element {
  const id = useId()
  const text = group.draft.calls
  const calls = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0
  const isValid = calls >= open && calls <= maxGrant
  const tool = oneLine(group.identifier, 80)
  return (
    <div class="panel">
      <p class="muted">
        A grant also covers calls with other inputs, which you have not seen. It belongs to the tool as it was shown,
        and ends when the tool changes.
      </p>
      <p class="grant">
        <label for={id}>Calls in this cell</label>
        <input
          id={id}
          type="text"
          inputMode="numeric"
          size={6}
          autocomplete="off"
          aria-invalid={!isValid}
          aria-describedby={`${id}-hint`}
          value={text}
          onInput={(event) => setDraft({ calls: event.currentTarget.value.trim() })}
        />
        <button
          type="button"
          aria-disabled={isOff || !isValid}
          onClick={() => !isOff && isValid && decide({ type: 'allow_in_cell', calls })}
        >
          {isValid ? `Allow up to ${showCount(calls, 'call')} of ${tool} in this cell` : 'Allow calls in this cell'}
        </button>
        <span id={`${id}-hint`} class={isValid ? 'muted' : 'error-text'}>
          {isValid ? `including ${open === 1 ? 'this one' : `these ${open}`}` : `a number from ${open} to ${maxGrant}`}
        </span>
      </p>
      <p class="grant">
        <button type="button" aria-disabled={isOff} onClick={() => !isOff && decide({ type: 'allow_in_session' })}>
          Allow all calls of {tool} in this session
        </button>
        <span class="muted">also in other cells, until the session ends</span>
      </p>
    </div>
  )
}
