// Each operation of an OpenAPI document becomes a typed function of programs. It needs no model. Run: npm start
import { createCodeModeTools, createSession } from 'codecell'
import { loadOpenApi } from 'codecell/openapi'
import { startLibrary } from './library.ts'

const token = 'secret'
await using library = await startLibrary(token)

// The token goes to the server only. Neither a program nor a model sees it.
const tools = await loadOpenApi('library.yaml', { baseUrl: library.url, auth: { libraryToken: { token } } })

await using session = await createSession({
  tools,
  approvals: {
    hints: 'writes', // ask for every operation that is not GET or HEAD
    onRequest({ identifier, input, location }) {
      console.log(`approved: line ${location?.line} ${identifier} ${JSON.stringify(input)}`)
      return { type: 'allow' }
    },
  },
})

const { exec } = createCodeModeTools(session)
console.log(
  exec.spec.description
    .split('\n')
    .filter((line) => line.includes('library__'))
    .join('\n'),
)

// A program as a model writes it.
const { items } = await exec.call(`
  const books = await tools.library__listBooks({ author: 'Austen' })
  for (const { id, title } of books) {
    try {
      const { reader } = await tools.library__lendBook({ id, body: { reader: 'Bo' } })
      text(title + ': lent to ' + reader)
    } catch (error) {
      text(title + ': ' + error)
    }
  }
`)
for (const item of items) if (item.type === 'input_text') console.log(item.text)
