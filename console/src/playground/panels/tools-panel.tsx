import type { JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import type { Backend, PlaygroundCatalogue, PlaygroundTool } from '../backend/backend.ts'
import { CutText, visibleText } from './cut-text.tsx'

const maxShown = 100

export type ToolsPanelProps = {
  readonly backend: Backend
  readonly catalogue: PlaygroundCatalogue | null
  readonly groups: readonly string[]
  readonly onGroups: (groups: readonly string[]) => void
  readonly onResultChange: () => void
}

/** The choice of tools, and their declarations. */
export function ToolsPanel({ backend, catalogue, groups, onGroups, onResultChange }: ToolsPanelProps): JSX.Element {
  const toggle = (id: string, isOn: boolean): void =>
    onGroups(backend.groups.map((group) => group.id).filter((one) => (one === id ? isOn : groups.includes(one))))
  const tools = catalogue?.tools ?? []
  return (
    <>
      {backend.groups.length > 1 && (
        <fieldset class="pg-groups">
          <legend>Tools of the program</legend>
          {backend.groups.map(({ id, title }) => (
            <label key={id}>
              <input
                type="checkbox"
                checked={groups.includes(id)}
                onChange={({ currentTarget }) => toggle(id, currentTarget.checked)}
              />
              {title}
            </label>
          ))}
        </fieldset>
      )}
      {tools.length === 0 && <p class="muted">{catalogue === null ? 'Loading the tools…' : 'No tools'}</p>}
      {tools.slice(0, maxShown).map((tool) => (
        <ToolEntry key={tool.identifier} tool={tool} backend={backend} onChange={onResultChange} />
      ))}
      {tools.length > maxShown && <p class="muted">{tools.length - maxShown} more tools</p>}
    </>
  )
}

type ToolEntryProps = { readonly tool: PlaygroundTool; readonly backend: Backend; readonly onChange: () => void }

function ToolEntry({ tool, backend, onChange }: ToolEntryProps): JSX.Element {
  const { identifier, description, sampleResult } = tool
  return (
    <details class="pg-tool">
      <summary>
        <code>{identifier}</code> <span class="muted">{firstLine(description)}</span>
      </summary>
      <CutText text={description} maxLength={4000} />
      {backend.setResult !== undefined && sampleResult !== null && (
        <ResultEditor
          identifier={identifier}
          initial={sampleResult}
          setResult={backend.setResult}
          onChange={onChange}
        />
      )}
    </details>
  )
}

const maxSummary = 90

/** Returns the beginning of a description. */
function firstLine(description: string): string {
  const [line = ''] = description.split('\n', 1)
  return visibleText(line.length > maxSummary ? `${line.slice(0, maxSummary)}…` : line)
}

type ResultEditorProps = {
  readonly identifier: string
  readonly initial: string
  readonly setResult: NonNullable<Backend['setResult']>
  readonly onChange: () => void
}

/** Replaces the result of a tool with JSON. */
function ResultEditor({ identifier, initial, setResult, onChange }: ResultEditorProps): JSX.Element {
  const id = useId()
  const [json, setJson] = useState(initial)
  const [status, setStatus] = useState('')
  const use = (): void => {
    try {
      JSON.parse(json)
    } catch (error) {
      return setStatus(`Not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
    setResult(identifier, json)
    setStatus('Each call returns this result')
    onChange()
  }
  const reset = (): void => {
    setResult(identifier, null)
    setJson(initial)
    setStatus('The tool returns its own result')
    onChange()
  }
  return (
    <div class="pg-result">
      <label for={id}>Result as JSON</label>
      <textarea
        id={id}
        rows={6}
        spellcheck={false}
        value={json}
        onInput={({ currentTarget }) => setJson(currentTarget.value)}
      />
      <div class="pg-decide">
        <button type="button" onClick={use}>
          Use this result
        </button>
        <button type="button" onClick={reset}>
          Reset
        </button>
        <span role="status">{status}</span>
      </div>
    </div>
  )
}
