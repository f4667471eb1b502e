// node scripts/check-openapi-pages.ts
// Reads the documents of GitHub, Stripe and Kubernetes (downloaded on demand) and checks that the tools of their lists say how to read the
// next page. Prints each hint with the number of its tools.
import type { Tool } from '../src/index.ts'
import { openApiTools } from '../src/openapi.ts'
import { documents, documentText, installPackages } from './openapi-requests/packages.ts'

/** The least number of tools with a hint. */
const expected = { github: 280, stripe: 115, kubernetes: 150 } as const

await installPackages()
for (const name of ['github', 'stripe', 'kubernetes'] as const) {
  const document: unknown = JSON.parse(documentText(name))
  const tools = openApiTools(document, { name, baseUrl: 'http://127.0.0.1:9' })
  const hints = Map.groupBy(tools, hintOf)
  const without = hints.get(null) ?? []
  const count = tools.length - without.length
  console.log(`${documents[name]}: ${count} of ${tools.length} tools have a hint`)
  for (const [hint, { length }] of hints) if (hint !== null) console.log(`${String(length).padStart(6)}  ${hint}`)
  if (count < expected[name]) throw new Error(`expected at least ${expected[name]} hints, got ${count}`)
  const lists = name === 'kubernetes' ? without.filter((tool) => tool.name.startsWith('list')) : []
  if (lists.length > 0) throw new Error(`expected a hint for ${lists.map((tool) => tool.name).join(', ')}`)
}

/** Returns the line about pages of a description, without the name of the tool. */
function hintOf({ description = '' }: Tool): string | null {
  const line = description.split('\n').find((text) => /^(?:Next page|Pages): /.test(text))
  return line?.replace(/tools\.\S+/, 'tools.…_page') ?? null
}
