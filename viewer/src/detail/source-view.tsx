import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ViewMark } from '../../../src/trace/view/view-data.ts'
import { showCount, visible } from '../data/format.ts'

export type SourceProps = {
  readonly source: string
  readonly marks: readonly ViewMark[]
  /** The highlighted line. */
  readonly line: number | null
  /** Further highlighted lines. */
  readonly current?: ReadonlySet<number>
  /** @default 'Source' */
  readonly label?: string
  readonly describe: (mark: ViewMark) => string
  readonly choose: (mark: ViewMark) => void
}

const lineHeight = 20
const maxLineLength = 2000
const maxMarks = 4
const signs = { call: '●', output: '■', notify: '▲', yield: '◆', store: '▼', error: '✕' } as const
const hollow = { call: '○', output: '□', notify: '△', yield: '◇', store: '▽', error: '✕' } as const

/** A program with marks at its events. Only visible lines have elements. */
export function SourceView(props: SourceProps): JSX.Element {
  const { source, marks, line, current, label = 'Source', describe, choose } = props
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(600)
  const lines = source.split('\n')
  const byLine = Map.groupBy(marks, (mark) => mark.line)
  useEffect(() => {
    if (box.current !== null) setHeight(box.current.clientHeight)
  })
  useLayoutEffect(() => {
    if (box.current !== null && line !== null) box.current.scrollTop = Math.max(0, (line - 4) * lineHeight)
  }, [line, source])
  const first = Math.max(0, Math.floor(top / lineHeight) - 20)
  const shown = lines.slice(first, Math.ceil((top + height) / lineHeight) + 20)
  return (
    <div
      ref={box}
      class="source"
      role="region"
      aria-label={label}
      tabIndex={0}
      dir="ltr"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: `${lines.length * lineHeight}px`, paddingTop: `${first * lineHeight}px` }}>
        {shown.map((text, offset) => {
          const number = first + offset + 1
          return (
            <div
              key={number}
              class={number === line || current?.has(number) === true ? 'line highlighted' : 'line'}
              data-line={number}
              aria-current={current?.has(number) === true ? 'true' : undefined}
            >
              <Gutter marks={byLine.get(number) ?? []} describe={describe} choose={choose} />
              <span class="number" aria-hidden="true">
                {number}
              </span>
              <Line text={text} />
            </div>
          )
        })}
      </div>
    </div>
  )
}

function Line({ text }: { readonly text: string }): JSX.Element {
  const left = text.length - maxLineLength
  return (
    <code>
      {visible(text.slice(0, maxLineLength))}
      {left > 0 && <span class="cut"> … {showCount(left, 'character')} more in this line</span>}
    </code>
  )
}

type GutterProps = Pick<SourceProps, 'marks' | 'describe' | 'choose'>

function Gutter({ marks, describe, choose }: GutterProps): JSX.Element {
  return (
    <span class="gutter">
      {marks.slice(0, maxMarks).map((mark, index) => (
        <button
          key={index}
          type="button"
          class={`mark ${mark.kind}${mark.isCertain ? '' : ' hollow'}`}
          title={describe(mark)}
          aria-label={describe(mark)}
          onClick={() => choose(mark)}
        >
          {(mark.isCertain ? signs : hollow)[mark.kind]}
        </button>
      ))}
      {marks.length > maxMarks && <span class="muted">+{marks.length - maxMarks}</span>}
    </span>
  )
}
