// Tools of LangChain and TanStack AI and plain functions in one program. Run: node examples/toolkits/main.ts
import { deepEqual } from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tool } from '@langchain/core/tools'
import { toolDefinition } from '@tanstack/ai'
import { createCodeModeTools, createSession } from 'codecell'
import { fromFunctions, fromLangChain, fromTanStack } from 'codecell/tools'
import { z } from 'zod'
import { countWords, makeFolder, picture } from '../support/workshop.ts'

await using folder = await makeFolder()

const readNote = tool(async ({ name }) => await readFile(join(folder.path, name), 'utf8'), {
  name: 'read_note',
  description: 'Reads a note',
  schema: z.object({ name: z.enum(['one.txt', 'two.txt']) }),
})

const counting = toolDefinition({
  name: 'count_words',
  description: 'Counts the words of a text',
  inputSchema: z.object({ text: z.string() }),
}).server(({ text }) => countWords(text))

const plain = fromFunctions({
  read_picture: async () => `data:image/png;base64,${await readFile(join(folder.path, 'dot.png'), 'base64')}`,
})

await using session = await createSession({ tools: [fromLangChain(readNote), fromTanStack(counting), ...plain] })
// Type notes depend on the speed of the machine, so this example disables them.
const { exec, wait } = createCodeModeTools(session, { typeNotes: false })

// A program as a model writes it. The tools validate their input, and the program can catch the error.
const first = await exec.call(`
  const notes = await Promise.all(['one.txt', 'two.txt'].map((name) => tools.read_note({ name })))
  text(await tools.count_words({ text: notes.join(' ') }))
  try { await tools.read_note({ name: '../secret' }) } catch { text('refused') }
  yield_control()
  image(await tools.read_picture())`)
const second = await wait.call({ cell_id: first.cellId })

deepEqual(
  [...first.items.slice(1), ...second.items.slice(1)],
  [
    { type: 'input_text', text: '9' },
    { type: 'input_text', text: 'refused' },
    { type: 'input_image', image_url: `data:image/png;base64,${picture}`, detail: 'high' },
  ],
)
console.log('toolkits: done')
