import { ChildProcess } from 'node:child_process'
import { parentPort } from 'node:worker_threads'
import { checkerOptions, checkerLibraries } from './checker-options.ts'

// The worker of `type-checker.ts`. It has a TypeScript process with two virtual files, and checks one program after another. Members
// of the API are looked up at each use: TypeScript declares them unstable, and they can be missing.
type Request = { readonly declarations: string; readonly source: string; readonly isTypeScript: boolean }

const folder = '/codecell'
const files = new Map<string, string>([
  ['tools.d.ts', ''],
  ['cell_js.js', 'export {}'],
  ['cell_ts.ts', 'export {}'],
  [
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        ...checkerOptions,
        target: 'esnext',
        module: 'esnext',
        moduleDetection: 'force',
        lib: checkerLibraries,
      },
      files: ['tools.d.ts', 'cell_js.js', 'cell_ts.ts'],
    }),
  ],
])

/** TypeScript can read only its own libraries from the disk: a comment in a program can reference any file. */
const fileSystem = {
  readFile: (path: string): string | null | undefined =>
    isLibrary(path) ? undefined : (files.get(virtualName(path)) ?? null),
  fileExists: (path: string): boolean | undefined => (isLibrary(path) ? undefined : files.has(virtualName(path))),
  directoryExists: (path: string): boolean => path === folder,
  getAccessibleEntries: (path: string): { files: string[]; directories: string[] } => ({
    files: path === folder ? [...files.keys()] : [],
    directories: [],
  }),
  realpath: (path: string): string => path,
}

function isLibrary(path: string): boolean {
  return /[\\/]lib[\\/]lib(?:\.[\w.]+)?\.d\.ts$/.test(path)
}

function virtualName(path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : ''
}

let api: object | null = null

parentPort?.on('message', (message: Request | 'stop') => {
  if (message === 'stop') stop()
  else void check(message)
})

const { API } = await import('typescript/unstable/async')
const compiler = new API({ cwd: folder, fs: fileSystem })
api = compiler
let snapshot = await compiler.updateSnapshot({ openProjects: [`${folder}/tsconfig.json`] })
parentPort?.postMessage('ready')

async function check({ declarations, source, isTypeScript }: Request): Promise<void> {
  const name = isTypeScript ? 'cell_ts.ts' : 'cell_js.js'
  files.set('tools.d.ts', declarations)
  files.set(name, source)
  const changed = ['tools.d.ts', name].map((file) => `${folder}/${file}`)
  const before = snapshot
  snapshot = await compiler.updateSnapshot({ fileChanges: { changed } })
  await before.dispose()
  const [project] = snapshot.getProjects()
  const found = (await project?.program.getSemanticDiagnostics(`${folder}/${name}`)) ?? []
  parentPort?.postMessage(
    found.slice(0, 200).map(({ code, pos, end, text, messageChain = [] }) => ({
      code,
      start: pos,
      end,
      text: text.slice(0, 2000),
      isOfUnion: messageChain.length > 0,
    })),
  )
}

/** Stops the process. A busy checker does not read its input, so it gets no request. */
function stop(): void {
  const client: unknown = api === null ? null : Reflect.get(api, 'client')
  const child: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, 'process') : null
  if (child instanceof ChildProcess) child.kill('SIGKILL')
  process.exit(0)
}
