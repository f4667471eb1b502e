import type { JSX } from 'preact'
import { useId } from 'preact/hooks'

export type Bar = {
  readonly label: string
  /** The parts of the bar, from its beginning, each with the name of a color class. */
  readonly parts: readonly { readonly value: number; readonly look: string }[]
  /** The value in words. */
  readonly text: string
}

/** Horizontal bars with names and values. They are a table for screen readers. */
export function NamedBars({ title, bars }: { readonly title: string; readonly bars: readonly Bar[] }): JSX.Element {
  const max = Math.max(1e-9, ...bars.map(sumOf))
  return (
    <table class="bars">
      <caption class="unseen">{title}</caption>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.label}>
            <th scope="row">{bar.label}</th>
            <td class="bar-cell" aria-hidden="true">
              <span class="bar-track">
                {bar.parts.map(({ value, look }, index) => (
                  <span key={index} class={`bar ${look}`} style={{ width: `${(100 * value) / max}%` }} />
                ))}
              </span>
            </td>
            <td class="bar-text">{bar.text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function sumOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0)
}

type ColumnsProps = {
  readonly title: string
  readonly columns: readonly Bar[]
  /** The largest value in words, for the axis. */
  readonly max: string
}

const height = 120
const width = 720

/** Columns over time as a picture, with a table of the same values. */
export function Columns({ title, columns, max }: ColumnsProps): JSX.Element {
  const id = useId()
  const largest = Math.max(1e-9, ...columns.map(sumOf))
  const step = width / Math.max(1, columns.length)
  const some = columns.filter((column) => sumOf(column) > 0)
  return (
    <figure class="columns">
      <figcaption id={id}>
        {title} <span class="muted">(highest: {max})</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-labelledby={id}>
        <line x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} class="axis" />
        {columns.map((column, index) => {
          let top = height
          return column.parts.map(({ value, look }, part) => {
            const tall = (value / largest) * (height - 4)
            top -= tall
            const inset = Math.min(2, step / 6)
            return (
              <rect
                key={`${index} ${part}`}
                x={index * step + inset}
                y={top}
                width={Math.max(0.5, step - 2 * inset)}
                height={tall}
                class={look}
              />
            )
          })
        })}
      </svg>
      <div class="range" aria-hidden="true">
        <span>{columns[0]?.label}</span>
        <span>{columns.at(-1)?.label}</span>
      </div>
      <details>
        <summary>{title} as a table</summary>
        <div class="table-box" tabIndex={0} role="region" aria-label={`${title}, table`}>
          <table class="plain-table">
            <tbody>
              {some.map((column) => (
                <tr key={column.label}>
                  <th scope="row">{column.label}</th>
                  <td>{column.text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}
