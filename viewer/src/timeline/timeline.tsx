import type { JSX, TargetedPointerEvent } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { oneLine, showCount, showSpan } from '../data/format.ts'
import type { ViewEdge, ViewEntry } from '../../../src/trace/view/view-data.ts'
import { labelOf, statusOf, type Model } from '../data/model.ts'
import { layOut, type TimelineLayout } from './layout.ts'
import { edgeText, showEnd } from '../agents/edge-links.tsx'
import type { App } from '../app-state.ts'
import { paint } from './paint.ts'
import { barAt, edgeAt, labelWidthOf, type Scene, type Window } from './scene.ts'

type TimelineProps = {
  readonly model: Model
  readonly app: App
  readonly theme: string
}

/** The height of the tools below the lanes, in pixels. */
const roomForTools = 34

/** The entry or edge under the pointer. */
type Hover = {
  readonly entry: ViewEntry | null
  readonly edge: ViewEdge | null
  readonly x: number
  readonly y: number
}

/** The timeline on a canvas; the list "Everything" has the same entries as text. */
export function Timeline({ model, app, theme }: TimelineProps): JSX.Element {
  const { threadId, selected } = app.state
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const size = useSize(box)
  const layout = useMemo(() => layOut(model, threadId), [model, threadId])
  const [zoom, setZoom] = useState<Window | null>(null)
  const [hover, setHover] = useState<Hover | null>(null)
  const window = zoom ?? whole(model)
  const scene: Scene = { model, layout, window, selected, pointed: hover?.edge?.id ?? null, ...size }
  const move = (next: Window): void => setZoom(bounded(next, scene))
  const gestures = useGestures(scene, { move, setHover, app })
  useLayoutEffect(() => {
    if (canvas.current !== null) paint(canvas.current, scene)
  })
  useEffect(() => {
    const entry = selected === null ? undefined : model.byId.get(selected)
    if (entry !== undefined && zoom !== null) setZoom(bounded(inSight(entry, zoom, layout, size.height), scene))
  }, [selected])
  useWheel(box, scene, move)
  return (
    <section
      class="timeline"
      aria-label="Timeline"
      style={{ height: `min(${Math.max(layout.height + roomForTools, 120)}px, 32vh)` }}
    >
      <div class="tools" role="group" aria-label="Timeline view">
        <button type="button" aria-label="Zoom in" onClick={() => move(zoomed(window, 0.5, middle(window)))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => move(zoomed(window, 2, middle(window)))}>
          −
        </button>
        <button type="button" aria-label="Earlier" onClick={() => move(shifted(window, -0.3))}>
          ‹
        </button>
        <button type="button" aria-label="Later" onClick={() => move(shifted(window, 0.3))}>
          ›
        </button>
        <button type="button" onClick={() => setZoom(null)}>
          Whole
        </button>
      </div>
      <div ref={box} class="canvas-box" data-theme-of={theme}>
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Timeline of ${showCount(layout.bars.length, 'entry', 'entries')} over ${showSpan({ start: model.start, end: model.end })}; the list Everything and the overview have the same in words`}
          {...gestures}
        />
        {hover !== null && <Tip model={model} hover={hover} width={size.width} height={size.height} />}
      </div>
    </section>
  )
}

type TipProps = {
  readonly model: Model
  readonly hover: Hover
  readonly width: number
  readonly height: number
}

function Tip({ model, hover: { entry, edge, x, y }, width, height }: TipProps): JSX.Element {
  // Near the bottom, the tip stands above the pointer.
  const place = y > height - 70 ? { bottom: `${height - y + 10}px` } : { top: `${y + 14}px` }
  return (
    <div class="tip" style={{ left: `${Math.max(4, Math.min(x + 12, width - 270))}px`, ...place }}>
      {entry !== null && (
        <>
          <strong>{oneLine(labelOf(entry), 60)}</strong> {statusOf(entry)}, {showSpan(entry)}
        </>
      )}
      {edge !== null && (
        <>
          <strong>{edgeText(model, edge)}</strong> {oneLine(edge.text?.text ?? '', 140)}
        </>
      )}
    </div>
  )
}

type Acts = {
  readonly move: (window: Window) => void
  readonly setHover: (hover: Hover | null) => void
  readonly app: App
}

type Drag = { readonly x: number; readonly y: number; readonly window: Window }

type PointerAct = (event: TargetedPointerEvent<HTMLCanvasElement>) => void

type Gestures = {
  readonly onPointerDown: PointerAct
  readonly onPointerMove: PointerAct
  readonly onPointerUp: PointerAct
  readonly onPointerLeave: () => void
}

/** Returns handlers: a click selects, a drag moves. */
function useGestures(scene: Scene, { move, setHover, app }: Acts): Gestures {
  const drag = useRef<Drag | null>(null)
  return {
    onPointerDown(event) {
      event.currentTarget.setPointerCapture(event.pointerId)
      drag.current = { x: event.offsetX, y: event.offsetY, window: scene.window }
    },
    onPointerMove(event) {
      const { current } = drag
      if (current === null) {
        setHover(hoverAt(scene, event.offsetX, event.offsetY))
        return
      }
      const { from, to, scroll } = current.window
      const by = ((current.x - event.offsetX) / (scene.width - labelWidthOf(scene))) * (to - from)
      move({ from: from + by, to: to + by, scroll: scroll + current.y - event.offsetY })
    },
    onPointerUp(event) {
      const { current } = drag
      drag.current = null
      if (current === null || Math.hypot(event.offsetX - current.x, event.offsetY - current.y) > 4) return
      const at = hoverAt(scene, event.offsetX, event.offsetY)
      if (at?.edge != null) showEnd(app, scene.model, at.edge.to)
      else if (at?.entry != null) app.select(at.entry.id)
      else selectLane(scene, app, event.offsetX, event.offsetY)
    },
    onPointerLeave: () => setHover(null),
  }
}

/** Returns what is at a point. Edges are thin, so they come before bars. */
function hoverAt(scene: Scene, x: number, y: number): Hover | null {
  const edge = edgeAt(scene, x, y)?.edge ?? null
  const entry = edge === null ? (barAt(scene, x, y)?.entry ?? null) : null
  return edge === null && entry === null ? null : { edge, entry, x, y }
}

/** A click on the name of an agent shows its conversation. */
function selectLane({ layout, model, window, ...size }: Scene, app: App, x: number, y: number): void {
  if (layout.groups.length === 0 || x > labelWidthOf({ layout, ...size })) return
  const down = y + window.scroll
  const index = layout.groups.findIndex(({ top, height }) => down >= top - 4 && down <= top + height + 4)
  const agent = model.agents[index]
  if (agent !== undefined) app.showThread(agent.thread.id, 'conversation')
}

/** Handles the wheel: it zooms at the pointer, or scrolls the lanes with Shift, and does not scroll the page. */
function useWheel(box: { readonly current: HTMLElement | null }, scene: Scene, move: (window: Window) => void): void {
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const turn = (event: WheelEvent): void => {
      event.preventDefault()
      const { window, width } = scene
      const length = window.to - window.from
      if (event.shiftKey) return move({ ...window, scroll: window.scroll + (event.deltaY || event.deltaX) })
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        const by = (event.deltaX / width) * length
        return move({ ...window, from: window.from + by, to: window.to + by })
      }
      const left = labelWidthOf(scene)
      const at = window.from + ((event.offsetX - left) / (width - left)) * length
      move(zoomed(window, Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), at))
    }
    element.addEventListener('wheel', turn, { passive: false })
    return () => element.removeEventListener('wheel', turn)
  })
}

function useSize(box: { readonly current: HTMLElement | null }): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 800, height: 200 })
  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return size
}

function whole({ start, end }: Model): Window {
  const margin = (end - start) * 0.01
  return { from: start - margin, to: end + margin, scroll: 0 }
}

function middle({ from, to }: Window): number {
  return (from + to) / 2
}

function shifted({ from, to, scroll }: Window, part: number): Window {
  const by = (to - from) * part
  return { from: from + by, to: to + by, scroll }
}

function zoomed(window: Window, factor: number, at: number): Window {
  return { ...window, from: at - (at - window.from) * factor, to: at + (window.to - at) * factor }
}

/** Limits a window to at least two milliseconds, and to the trace. */
function bounded({ from, to, scroll }: Window, { model, layout, height }: Scene): Window {
  const all = whole(model)
  const length = Math.min(Math.max(to - from, 2), all.to - all.from)
  const start = Math.min(Math.max(from, all.from), all.to - length)
  return { from: start, to: start + length, scroll: Math.min(Math.max(scroll, 0), Math.max(0, layout.height - height)) }
}

function inSight({ id, start }: ViewEntry, window: Window, layout: TimelineLayout, height: number): Window {
  const top = layout.bars.find(({ entry }) => entry.id === id)?.top ?? window.scroll
  const scroll = top < window.scroll + 22 || top > window.scroll + height - 22 ? top - height / 2 : window.scroll
  if (start >= window.from && start <= window.to) return { ...window, scroll }
  const half = (window.to - window.from) / 2
  return { from: start - half, to: start + half, scroll }
}
