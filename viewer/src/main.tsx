import { render } from 'preact'
import type { ViewData } from '../../src/trace/view/view-data.ts'
import { App } from './app.tsx'
import { openDataSource, type DataSource, type Follow } from './data/data-source.ts'
import { makeModel } from './data/model.ts'
import './style.css'

const element = document.getElementById('viewer')
element?.replaceChildren()
if (element !== null) await show(element, openDataSource(document))

async function show(root: HTMLElement, source: DataSource): Promise<void> {
  let follow: Follow = 'still'
  let problem: string | null = null
  let data: ViewData | null = null
  let model: ReturnType<typeof makeModel> | null = null
  const draw = (): void => {
    if (data !== null && model?.data !== data) model = makeModel(data)
    if (model !== null) render(<App model={model} source={source} follow={follow} problem={problem} />, root)
    else if (problem !== null) render(<Failure message={problem} />, root)
  }
  const load = async (): Promise<void> => {
    try {
      data = await source.load()
      problem = null
    } catch (error) {
      problem = error instanceof Error ? error.message : 'Cannot read the trace'
    }
    draw()
  }
  const next = oneAtATime(load)
  await load()
  source.follow(next, (now) => {
    follow = now
    draw()
  })
}

/** Runs work at most once at a time, and again after the last request. */
function oneAtATime(work: () => Promise<void>): () => void {
  let isRequested = false
  let isBusy = false
  const run = async (): Promise<void> => {
    isBusy = true
    while (isRequested) {
      isRequested = false
      await work()
    }
    isBusy = false
  }
  return () => {
    isRequested = true
    if (!isBusy) void run()
  }
}

function Failure({ message }: { readonly message: string }): preact.JSX.Element {
  return (
    <div class="failure" role="alert">
      <h1>Cannot show the trace</h1>
      <p>{message.slice(0, 500)}</p>
    </div>
  )
}
