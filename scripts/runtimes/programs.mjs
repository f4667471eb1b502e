/** Runs three cells and prints an end for each. The second has types, and the third has an error. `POOL` and `OPTIONS` are replaced. */
const cells = `
  for (const source of ['text(await tools.six() * 7)', 'const n = 1; text(n)', 'nope()']) {
    const { type, items } = await session.execute(source)
    lines.push([type, ...items.map(({ text }) => text)].join(' '))
  }`

/** The lines that `cells` prints. */
export const expectedLines = 'completed 42\ncompleted 1\nfailed'

const tools = `tools: [{ name: 'six', call: () => 6 }]`

/** Returns a program with host processes of an engine. */
export function processProgram(engine) {
  return `import { createSession } from 'codecell'
  const lines = []
  try {
    const session = await createSession({ engine: '${engine}', ${tools} })
    ${cells}
    await session.close()
  } catch ({ code, message }) {
    lines.push(code + ' ' + message)
  }
  console.log(lines.join('\\n'))`
}

/** A program with a host in its process, as the handler of a function platform. It is a module without a top-level \`await\`. */
export const handlerProgram = `import { createSession } from 'codecell'
  import { inProcessHostPool } from 'codecell/in-process'
  const hosts = inProcessHostPool({ engine: 'quickjs' })
  export async function handler() {
    const lines = []
    const session = await createSession({ hosts, ${tools} })
    ${cells}
    await session.close()
    return lines.join('\\n')
  }`

/** A program that calls the handler twice, as a warm function is called, and prints the second response. */
export const inProcessProgram = `${handlerProgram}
  void handler().then(handler).then(async (response) => {
    console.log(response)
    await hosts[Symbol.asyncDispose]()
  }, ({ code, message }) => console.log(code, message))`
