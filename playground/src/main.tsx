import wasmUrl from 'quickjs-wasi/quickjs.wasm?url'
import { render } from 'preact'
import { Playground } from '../../console/src/playground/playground.tsx'
import { programFragment, readFragment, type LinkedProgram } from '../../console/src/playground/share/program-link.ts'
import { TypeClient } from '../../console/src/playground/types/type-client.ts'
import { PortableBackend } from './backend/portable-backend.ts'
import { sampleGroups } from './samples/sample-groups.ts'
import { ThemeSelect } from './theme-select.tsx'
import '../../viewer/src/style.css'
import '../../console/src/playground/playground.css'
import './page.css'

const types = new TypeClient(() => new Worker(new URL('./types/types-worker.ts', import.meta.url), { type: 'module' }))
const backend = new PortableBackend({
  wasm: async () => await WebAssembly.compileStreaming(fetch(wasmUrl)),
  worker: () => new Worker(new URL('./host-worker.ts', import.meta.url), { type: 'module' }),
  strip: async (source) => await types.request('strip', { source, declarations: '', hasIntl: false }),
  groups: sampleGroups,
})

const root = document.getElementById('playground')
if (root !== null) await show(root)

async function show(element: HTMLElement): Promise<void> {
  const link = await readFragment(location.hash)
  element.replaceChildren()
  render(
    <Playground backend={backend} types={types} link={link} addressOf={addressOf}>
      <ThemeSelect />
    </Playground>,
    element,
  )
  // A link that is opened in this page shows its program, too.
  addEventListener('hashchange', () => location.reload())
}

async function addressOf(program: LinkedProgram): Promise<string> {
  return `${location.origin}${location.pathname}#${await programFragment(program)}`
}
