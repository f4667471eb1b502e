import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Backend, Location, PlaygroundCatalogue, Run } from '../backend/backend.ts'
import type { RunRecord } from '../run-record.ts'
import { ModelPanel } from './model-panel.tsx'
import { RunPanel } from './run-panel.tsx'
import { ToolsPanel } from './tools-panel.tsx'

const tabs = [
  { id: 'run', title: 'Run' },
  { id: 'tools', title: 'Tools' },
  { id: 'model', title: 'What the model reads' },
] as const
type TabId = (typeof tabs)[number]['id']

export type PanelsProps = {
  readonly backend: Backend
  readonly catalogue: PlaygroundCatalogue | null
  readonly groups: readonly string[]
  readonly onGroups: (groups: readonly string[]) => void
  readonly onResultChange: () => void
  readonly record: RunRecord | null
  readonly run: Run | null
  readonly onGoTo: (location: Location) => void
}

/** The panels next to the editor, as tabs. */
export function Panels(props: PanelsProps): JSX.Element {
  const { record } = props
  const [shown, setShown] = useState<TabId>('run')
  // A new run shows its output.
  const isStarted = record?.status === 'running' && record.entries.length === 0 && record.calls.length === 0
  useEffect(() => {
    if (isStarted) setShown('run')
  }, [isStarted])
  return (
    <section class="pg-panels" aria-label="Results and tools">
      <TabList shown={shown} onShow={setShown} />
      <div class="pg-panel" role="tabpanel" id="pg-panel" aria-labelledby={`pg-tab-${shown}`} tabIndex={0}>
        {shown === 'run' && (
          <RunPanel record={record} run={props.run} note={props.backend.note} onGoTo={props.onGoTo} />
        )}
        {shown === 'tools' && (
          <ToolsPanel
            backend={props.backend}
            catalogue={props.catalogue}
            groups={props.groups}
            onGroups={props.onGroups}
            onResultChange={props.onResultChange}
          />
        )}
        {shown === 'model' && (
          <ModelPanel {...{ record, catalogue: props.catalogue, hasResponses: props.backend.hasResponses }} />
        )}
      </div>
    </section>
  )
}

type TabListProps = { readonly shown: TabId; readonly onShow: (id: TabId) => void }

function TabList({ shown, onShow }: TabListProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const at = tabs.findIndex(({ id }) => id === shown)
    const next = tabs[(at + step + tabs.length) % tabs.length]
    if (step === 0 || next === undefined) return
    event.preventDefault()
    onShow(next.id)
    list.current?.querySelector<HTMLElement>(`#pg-tab-${next.id}`)?.focus()
  }
  return (
    <div class="pg-tabs" role="tablist" aria-label="Panels" ref={list} onKeyDown={move}>
      {tabs.map(({ id, title }) => (
        <button
          type="button"
          role="tab"
          key={id}
          id={`pg-tab-${id}`}
          aria-controls="pg-panel"
          aria-selected={id === shown}
          tabIndex={id === shown ? 0 : -1}
          onClick={() => onShow(id)}
        >
          {title}
        </button>
      ))}
    </div>
  )
}
