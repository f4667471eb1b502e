import { API } from 'typescript/unstable/sync'

/** An error of the compiler: its line, counted from 0, its code and its text. */
export type Complaint = { readonly line: number; readonly code: number; readonly text: string }

const folder = '/checked'
const configuration = JSON.stringify({
  compilerOptions: { strict: true, noEmit: true, target: 'esnext', module: 'esnext', lib: ['esnext'], types: [] },
  files: ['text.ts'],
})

/** Checks one file under `strict` with the real compiler. A test finds its cases by their lines. */
export function complaintsOf(text: string): readonly Complaint[] {
  const files = new Map([
    [`${folder}/tsconfig.json`, configuration],
    [`${folder}/text.ts`, text],
  ])
  const isOurs = (path: string): boolean => path.startsWith(folder)
  const api = new API({
    cwd: folder,
    fs: {
      readFile: (path) => files.get(path) ?? (isOurs(path) ? null : undefined),
      fileExists: (path) => files.has(path) || (isOurs(path) ? false : undefined),
      directoryExists: (path) => path === folder || (isOurs(path) ? false : undefined),
      getAccessibleEntries: (path) =>
        path === folder ? { files: ['tsconfig.json', 'text.ts'], directories: [] } : undefined,
      realpath: (path) => (isOurs(path) ? path : undefined),
    },
  })
  try {
    const snapshot = api.updateSnapshot({ openProjects: [`${folder}/tsconfig.json`] })
    const program = snapshot.getProjects()[0]?.program
    if (program === undefined) throw new Error('the compiler opened no project')
    const lineStarts = startsOfLines(text)
    const file = `${folder}/text.ts`
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ pos, code, text: words }) => ({ line: lineAt(lineStarts, pos), code, text: words }),
    )
  } finally {
    api.close()
  }
}

function startsOfLines(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function lineAt(starts: readonly number[], position: number): number {
  const after = starts.findIndex((start) => start > position)
  return (after === -1 ? starts.length : after) - 1
}
