import type { Color } from './colors.ts'
import { curveOf, labelWidthOf, type Scene } from './scene.ts'

const arrow = 5

/** Draws the edges between agents as curves with an arrow at the receiver. */
export function paintEdges(context: CanvasRenderingContext2D, scene: Scene, color: Color): void {
  const { layout, width, height, pointed, model, selected } = scene
  const ofSelected = new Set(selected === null ? [] : model.edgesAt.get(selected)?.map(({ id }) => id))
  context.save()
  context.beginPath()
  context.rect(labelWidthOf(scene) - 4, 18, width, height)
  context.clip()
  for (const line of layout.lines) {
    const curve = curveOf(line, scene)
    const [x, y, x1, y1, x2, y2, x3, y3] = curve
    if (Math.max(x, x3) < 0 || Math.min(x, x3) > width || Math.max(y, y3) < 0 || Math.min(y, y3) > height) continue
    const isStrong = line.edge.id === pointed || ofSelected.has(line.edge.id)
    context.strokeStyle = color(`edge-${line.edge.kind.replaceAll('_', '-')}`)
    context.fillStyle = context.strokeStyle
    context.lineWidth = isStrong ? 3 : 1.5
    context.setLineDash(line.edge.kind === 'close_agent' ? [4, 3] : [])
    context.beginPath()
    context.moveTo(x, y)
    context.bezierCurveTo(x1, y1, x2, y2, x3, y3)
    context.stroke()
    context.setLineDash([])
    const down = y3 > y ? -arrow : arrow
    context.beginPath()
    context.moveTo(x3, y3)
    context.lineTo(x3 - arrow + 1, y3 + down * 1.4)
    context.lineTo(x3 + arrow - 1, y3 + down * 1.4)
    context.fill()
    context.beginPath()
    context.arc(x, y, 2.5, 0, 2 * Math.PI)
    context.fill()
  }
  context.restore()
}
