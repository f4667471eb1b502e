import type { ComponentChildren, JSX } from 'preact'
import type { Page } from '../../../src/console/api.ts'
import { showCount } from '../../../viewer/src/data/format.ts'
import { VirtualList } from '../../../viewer/src/list/virtual-list.tsx'
import type { PagedList } from '../data/paged-list.ts'
import { ProblemText } from '../parts/problem.tsx'
import { SearchBox } from './search-box.tsx'
import { isOutdated } from './use-paged.ts'

export type ListPaneProps<Item> = {
  readonly id: string
  /** The name of the list, and of one item. */
  readonly label: string
  readonly noun: string
  readonly list: PagedList<Item, Page<Item>>
  readonly selected: string | null
  readonly search: string
  readonly onSearch: (search: string) => void
  readonly empty: string
  readonly rowHeight?: number
  /** The filters. */
  readonly head: ComponentChildren
  readonly children: (item: Item) => ComponentChildren
}

const usualRowHeight = 46

/** A list of the server with search and filters. */
export function ListPane<Item>(props: ListPaneProps<Item>): JSX.Element {
  const { id, label, noun, list, selected, search, onSearch, empty, head, children } = props
  return (
    <div class="list-pane">
      <div class="list-tools">
        <SearchBox label={`Search ${label.toLowerCase()}`} value={search} onSearch={onSearch} />
        {head}
      </div>
      <div class="list-state">
        <span role="status">{list.isReady ? showCount(list.total, noun) : 'Loading…'}</span>
        {isOutdated(list) && <Outdated list={list} />}
      </div>
      {list.failure !== null && (
        <div class="list-problem">
          <ProblemText problem={list.failure} />
          <button type="button" onClick={() => void list.reload()}>
            Load again
          </button>
        </div>
      )}
      <VirtualList
        id={id}
        label={label}
        count={list.total}
        rowHeight={props.rowHeight ?? usualRowHeight}
        active={list.indexOf(selected)}
        empty={list.isReady ? empty : ''}
        onReach={(count) => void list.want(count)}
      >
        {(index) => {
          const item = list.items[index]
          return item === undefined ? <p class="placeholder">…</p> : children(item)
        }}
      </VirtualList>
    </div>
  )
}

function Outdated<Item>({ list }: { readonly list: PagedList<Item, Page<Item>> }): JSX.Element {
  const { count, isMore } = list.outdated
  const text = isMore || count === 0 ? 'Show changes' : `Show ${showCount(count, 'change')}`
  return (
    <button type="button" class="outdated" onClick={() => void list.reload()}>
      <span aria-hidden="true">↑ </span>
      {text}
    </button>
  )
}
