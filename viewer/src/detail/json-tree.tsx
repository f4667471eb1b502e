import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { oneLine, showCount } from '../data/format.ts'
import { LongText } from './long-text.tsx'

const maxChildren = 200
const openDepth = 2

type TreeProps = { readonly name: string | null; readonly value: unknown; readonly depth: number }

/** A JSON value as a tree. Collapsed parts have no elements. */
export function JsonTree({ name, value, depth }: TreeProps): JSX.Element {
  const [isOpen, setOpen] = useState(depth < openDepth)
  if (typeof value !== 'object' || value === null) return <Leaf name={name} value={value} />
  const members = Object.entries(value)
  const brackets = Array.isArray(value) ? '[]' : '{}'
  if (members.length === 0) return <Line name={name}>{brackets}</Line>
  return (
    <div class="json">
      <button type="button" class="fold" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span>
        <Name name={name} />
        <span class="muted">
          {brackets[0]}{' '}
          {showCount(
            members.length,
            Array.isArray(value) ? 'entry' : 'member',
            Array.isArray(value) ? 'entries' : 'members',
          )}{' '}
          {brackets[1]}
        </span>
      </button>
      {isOpen && <Members members={members} depth={depth + 1} />}
    </div>
  )
}

function Members({
  members,
  depth,
}: {
  readonly members: readonly [string, unknown][]
  readonly depth: number
}): JSX.Element {
  const [limit, setLimit] = useState(maxChildren)
  return (
    <div class="members">
      {members.slice(0, limit).map(([name, value]) => (
        <JsonTree key={name} name={name} value={value} depth={depth} />
      ))}
      {members.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit + 10 * maxChildren)}>
          Show more ({members.length - limit} left)
        </button>
      )}
    </div>
  )
}

function Leaf({ name, value }: { readonly name: string | null; readonly value: unknown }): JSX.Element {
  if (typeof value !== 'string') {
    return (
      <Line name={name}>
        <span class="number">{JSON.stringify(value)}</span>
      </Line>
    )
  }
  if (/^data:image\/(?:png|jpeg|gif|webp);base64,/.test(value)) return <Picture name={name} url={value} />
  if (value.length <= 100 && !value.includes('\n')) {
    return (
      <Line name={name}>
        <span class="string">"{oneLine(value, 100)}"</span>
      </Line>
    )
  }
  return (
    <div class="json">
      <Name name={name} />
      <LongText text={value} label={name === null ? 'text' : oneLine(name, 60)} />
    </div>
  )
}

/** A picture, which is decoded only on request because it is untrusted. */
function Picture({ name, url }: { readonly name: string | null; readonly url: string }): JSX.Element {
  const [isShown, setShown] = useState(false)
  return (
    <div class="json">
      <Name name={name} />
      <span class="muted">picture, {showCount(url.length, 'character')} </span>
      <button type="button" onClick={() => setShown(!isShown)}>
        {isShown ? 'Hide' : 'Show'} picture
      </button>
      {isShown && <img src={url} alt="The picture in this payload" />}
    </div>
  )
}

function Line({
  name,
  children,
}: {
  readonly name: string | null
  readonly children: JSX.Element | string
}): JSX.Element {
  return (
    <div class="json">
      <Name name={name} />
      {children}
    </div>
  )
}

function Name({ name }: { readonly name: string | null }): JSX.Element | null {
  return name === null ? null : <span class="name">{oneLine(name, 100)}: </span>
}
