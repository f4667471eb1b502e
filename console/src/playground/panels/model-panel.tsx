import type { JSX } from 'preact'
import type { PlaygroundCatalogue } from '../backend/backend.ts'
import type { RunRecord } from '../run-record.ts'
import { CutText } from './cut-text.tsx'
import { Item } from './output.tsx'

export type ModelPanelProps = {
  readonly record: RunRecord | null
  readonly catalogue: PlaygroundCatalogue | null
  /** Whether runs have responses of `exec`. */
  readonly hasResponses: boolean
}

/** The texts that a model reads: the responses of `exec` and `wait`, and the description of `exec`. */
export function ModelPanel({ record, catalogue, hasResponses }: ModelPanelProps): JSX.Element {
  const responses = record?.responses ?? []
  const description = catalogue?.execDescription ?? null
  return (
    <>
      <section aria-label="Responses" hidden={!hasResponses}>
        <h2>Responses</h2>
        {responses.length === 0 && <p class="muted">No response yet</p>}
        {responses.map(({ tool, items }, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- responses are only appended
          <div class="pg-response" key={index}>
            <span class="pg-label">{tool}</span>
            {items.map((item, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- a response does not change
              <Item key={at} item={item} />
            ))}
          </div>
        ))}
      </section>
      {description !== null && (
        <section aria-label="Description of exec">
          <h2>
            Description of <code>exec</code>, about {Math.ceil(new TextEncoder().encode(description).length / 4)} tokens
          </h2>
          <CutText text={description} maxLength={20_000} />
        </section>
      )}
    </>
  )
}
