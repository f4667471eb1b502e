import { oneLine, showDuration } from '../data/format.ts'
import { cellOf, kindOf, labelOf, type Model } from '../data/model.ts'
import { remembering, type Color } from './colors.ts'
import type { Bar } from './layout.ts'
import { paintEdges } from './paint-edges.ts'
import { labelWidthOf, narrowest, xOf, type Scene } from './scene.ts'

export function paint(canvas: HTMLCanvasElement, scene: Scene): void {
  const { width, height } = scene
  const ratio = window.devicePixelRatio
  canvas.width = Math.round(width * ratio)
  canvas.height = Math.round(height * ratio)
  const context = canvas.getContext('2d')
  if (context === null) return
  const style = getComputedStyle(canvas)
  const color = remembering((name) => style.getPropertyValue(`--${name}`))
  context.scale(ratio, ratio)
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  paintGroups(context, scene, color)
  paintGrid(context, scene, color)
  paintBars(context, scene, color)
  paintEdges(context, scene, color)
  paintAxis(context, scene, color)
  paintLabels(context, scene, color)
}

/** Draws a background for every second agent. */
function paintGroups(context: CanvasRenderingContext2D, { layout, window, width }: Scene, color: Color): void {
  context.fillStyle = color('stripe')
  for (const [index, { top, height }] of layout.groups.entries()) {
    if (index % 2 === 0) context.fillRect(0, top - window.scroll - 5, width, height + 10)
  }
}

function paintBars(context: CanvasRenderingContext2D, scene: Scene, color: Color): void {
  const { model, layout, selected, window, width, height } = scene
  const family = selected === null ? null : familyOf(model, selected)
  const labelWidth = labelWidthOf(scene)
  for (const bar of layout.bars) {
    const { entry } = bar
    const top = bar.top - window.scroll
    const left = Math.max(xOf(entry.start, scene), labelWidth - 4)
    const right = Math.min(Math.max(xOf(entry.end ?? model.end, scene), left + narrowest), width + 4)
    if (right < labelWidth || left > width || top > height || top + bar.height < 0) continue
    const isNear = family === null || entry.id === family || entry.parent === family
    const kind = kindOf(entry)
    const isOfCell = kind === 'call' || kind === 'wait'
    context.globalAlpha = isNear || !isOfCell || entry.isError ? 1 : 0.5
    context.fillStyle = color(entry.isError ? 'bar-failed' : `bar-${kind}`)
    context.fillRect(left, top, right - left, bar.height)
    if (entry.end === null) paintOpenEnd(context, right, top, bar.height, color('bar-text'))
    if (model.slow.has(entry.id)) {
      context.fillStyle = color('slow')
      context.fillRect(left, top + bar.height - 2, right - left, 2)
    }
    if (entry.type === 'cell') paintYields(context, scene, bar, color('yield'))
    context.globalAlpha = 1
    if (bar.height >= 12 && right - left > 36) paintName(context, bar, scene, [left, right], color('bar-text'))
    if (entry.id === selected) {
      context.strokeStyle = color('focus')
      context.lineWidth = 2
      context.strokeRect(left - 1, top - 1, right - left + 2, bar.height + 2)
    }
  }
  context.globalAlpha = 1
}

/** Returns the cell whose calls and waits are emphasized. */
function familyOf(model: Model, selected: string): string {
  const entry = model.byId.get(selected)
  return (entry === undefined ? null : cellOf(model, entry))?.id ?? selected
}

function paintName(
  context: CanvasRenderingContext2D,
  { entry, top, height }: Bar,
  scene: Scene,
  [left, right]: readonly [number, number],
  color: string,
): void {
  const { window, model } = scene
  const labelWidth = labelWidthOf(scene)
  context.save()
  context.beginPath()
  context.rect(Math.max(left, labelWidth), top - window.scroll, right - Math.max(left, labelWidth) - 3, height)
  context.clip()
  context.fillStyle = color
  const sign = entry.isError ? '✕ ' : model.slow.has(entry.id) ? '◷ ' : ''
  context.fillText(
    sign + labelOf(entry).slice(0, 60),
    Math.max(left, labelWidth) + 4,
    top - window.scroll + height / 2 + 0.5,
  )
  context.restore()
}

/** Draws a dashed right edge for an entry without an end. */
function paintOpenEnd(context: CanvasRenderingContext2D, x: number, top: number, height: number, color: string): void {
  context.strokeStyle = color
  context.lineWidth = 1.5
  context.setLineDash([2, 2])
  context.beginPath()
  context.moveTo(x - 1, top)
  context.lineTo(x - 1, top + height)
  context.stroke()
  context.setLineDash([])
}

function paintYields(
  context: CanvasRenderingContext2D,
  scene: Scene,
  { entry, top, height }: Bar,
  color: string,
): void {
  for (const at of scene.model.cells.get(entry.id)?.yields ?? []) {
    const x = xOf(at, scene)
    context.fillStyle = color
    context.fillRect(x - 1, top - scene.window.scroll - 1, 2, height + 2)
  }
}

function paintGrid(context: CanvasRenderingContext2D, scene: Scene, color: Color): void {
  context.fillStyle = color('line')
  for (const since of ticks(scene).at) context.fillRect(xOf(scene.model.start + since, scene), 0, 1, scene.height)
}

function paintAxis(context: CanvasRenderingContext2D, scene: Scene, color: Color): void {
  context.fillStyle = color('panel')
  context.fillRect(0, 0, scene.width, 18)
  context.fillStyle = color('muted')
  const { step, at } = ticks(scene)
  for (const since of at) {
    const text = showAxis(since, step)
    const x = xOf(scene.model.start + since, scene) + 4
    if (x + context.measureText(text).width <= scene.width) context.fillText(text, x, 9)
  }
}

/** Draws the time axis, with a label about every hundred pixels. */
function ticks(scene: Scene): { readonly step: number; readonly at: readonly number[] } {
  const { width, model, window } = scene
  const labelWidth = labelWidthOf(scene)
  const step = niceStep(((window.to - window.from) * 110) / Math.max(1, width - labelWidth))
  const first = Math.ceil((window.from - model.start) / step)
  const count = Math.max(0, Math.floor((window.to - model.start) / step) - first + 1)
  return { step, at: Array.from({ length: Math.min(count, 200) }, (_, index) => (first + index) * step) }
}

function showAxis(since: number, step: number): string {
  if (since < 0) return ''
  return step < 1 ? `${since.toFixed(1)} ms` : showDuration(since)
}

/** Returns 1, 2 or 5 times a power of ten, at least `wanted`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.1)))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
}

function paintLabels(context: CanvasRenderingContext2D, scene: Scene, color: Color): void {
  const width = labelWidthOf(scene) - 4
  context.fillStyle = color('panel')
  context.fillRect(0, 0, width, scene.height)
  context.save()
  context.beginPath()
  context.rect(0, 0, width - 2, scene.height)
  context.clip()
  for (const { label, depth, top, height } of scene.layout.tracks) {
    const isAgent = scene.layout.groups.length > 0
    context.fillStyle = color(isAgent ? 'text' : 'muted')
    const middle = top - scene.window.scroll + (isAgent ? height : Math.min(height, 16)) / 2
    const indent = Math.min(depth, 6) * 10
    context.fillText(depth > 0 ? `└ ${oneLine(label, 30)}` : oneLine(label, 30), 10 + indent, middle)
  }
  context.restore()
}
