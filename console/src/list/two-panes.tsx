import type { ComponentChildren, JSX } from 'preact'

type PanesProps = {
  /** Whether something is selected. A narrow window then shows the details only. */
  readonly hasDetail: boolean
  readonly list: ComponentChildren
  readonly detail: ComponentChildren
  /** Shows the list again. */
  readonly back: () => void
}

/** A list and the details of the selected item. */
export function TwoPanes({ hasDetail, list, detail, back }: PanesProps): JSX.Element {
  return (
    <div class="panes" data-panel={hasDetail ? 'detail' : 'list'}>
      <section class="pane-list" aria-label="List">
        {list}
      </section>
      <section class="pane-detail" aria-label="Details" id="details" tabIndex={-1}>
        <button type="button" class="back" onClick={back}>
          <span aria-hidden="true">← </span>Back to the list
        </button>
        {detail}
      </section>
    </div>
  )
}
