import type { Model } from '../data/model.ts'
import type { Bar, EdgeLine, TimelineLayout } from './layout.ts'

/** The visible part of the trace: milliseconds since 1970 at the left and right edge, pixels scrolled down. */
export type Window = { readonly from: number; readonly to: number; readonly scroll: number }

export type Scene = {
  readonly model: Model
  readonly layout: TimelineLayout
  readonly window: Window
  readonly selected: string | null
  /** The id of the edge under the pointer. */
  readonly pointed: string | null
  readonly width: number
  readonly height: number
}

/** Bars are at least this wide, in pixels. */
export const narrowest = 2

/** Returns the width of the names of tracks, in pixels. */
export function labelWidthOf({ width, layout }: Pick<Scene, 'width' | 'layout'>): number {
  if (layout.groups.length === 0) return 76
  return width < 500 ? 84 : 124
}

/** Returns the position of a time, in pixels from the left edge. */
export function xOf(at: number, scene: Scene): number {
  const { from, to } = scene.window
  const left = labelWidthOf(scene)
  return left + ((at - from) / (to - from)) * (scene.width - left)
}

/** Returns the bar at a point; the topmost of several. */
export function barAt(scene: Scene, x: number, y: number): Bar | null {
  if (x < labelWidthOf(scene)) return null
  const down = y + scene.window.scroll
  return (
    scene.layout.bars.findLast(({ entry, top, height }) => {
      if (down < top || down > top + height) return false
      const left = xOf(entry.start, scene)
      const right = Math.max(xOf(entry.end ?? scene.model.end, scene), left + narrowest)
      return x >= left - 2 && x <= right + 2
    }) ?? null
  )
}

/** A cubic curve: its beginning, two control points and its end. */
export type Curve = readonly [
  x: number,
  y: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  x3: number,
  y3: number,
]

/** Returns the curve of an edge, in pixels of the canvas. */
export function curveOf({ edge, from, to }: EdgeLine, scene: Scene): Curve {
  const { scroll } = scene.window
  const [x, y] = [xOf(edge.from.at, scene), from - scroll]
  const [x3, y3] = [xOf(edge.to.at, scene), to - scroll]
  const bend = (y3 - y) * 0.5
  return [x, y, x, y + bend, x3, y3 - bend, x3, y3]
}

const near = 6
const samples = 24

/** Returns the edge at a point. */
export function edgeAt(scene: Scene, x: number, y: number): EdgeLine | null {
  if (x < labelWidthOf(scene)) return null
  return (
    scene.layout.lines.findLast((line) => {
      const curve = curveOf(line, scene)
      const [x0, , , , , , x3] = curve
      if (x < Math.min(x0, x3) - near || x > Math.max(x0, x3) + near) return false
      return Array.from({ length: samples + 1 }, (_, step) => pointOf(curve, step / samples)).some(
        ([px, py]) => Math.hypot(px - x, py - y) <= near,
      )
    }) ?? null
  )
}

function pointOf([x, y, x1, y1, x2, y2, x3, y3]: Curve, part: number): readonly [number, number] {
  const left = 1 - part
  const [a, b, c, d] = [left ** 3, 3 * left ** 2 * part, 3 * left * part ** 2, part ** 3]
  return [a * x + b * x1 + c * x2 + d * x3, a * y + b * y1 + c * y2 + d * y3]
}
