// Sends requests of the documents of Stripe, GitHub and Kubernetes with random inputs, with codecell and with the client of Swagger UI,
// and compares what arrives. The packages are downloaded from npm on demand.
//
// node scripts/check-openapi-requests.ts [operations of each document] [seed]
import { listOf, member, OpenApiDocument, recordOf } from '../src/adapters/openapi/document/document.ts'
import type { Operation } from '../src/adapters/openapi/operation/operation.ts'
import { foundOperations, readOperation } from '../src/adapters/openapi/operation/read-operation.ts'
import { openApiTools } from '../src/openapi.ts'
import { callContext } from '../test/fixtures/call-context.ts'
import { bracketDifferences, differencesBetween } from './openapi-requests/compare.ts'
import { OtherClient, singleDocument } from './openapi-requests/other-client.ts'
import { documents, documentText, installPackages } from './openapi-requests/packages.ts'
import { RandomInput, randomFrom } from './openapi-requests/random-input.ts'
import { randomRequest } from './openapi-requests/random-request.ts'
import { Recorder } from './openapi-requests/recorder.ts'

const [sample = 200, seed = 1] = process.argv.slice(2).map(Number)

await installPackages()
const recorder = await Recorder.start()
const client = new OtherClient()
let failed = 0
for (const name of ['stripe', 'github', 'kubernetes'] satisfies (keyof typeof documents)[]) failed += await check(name)
recorder.close()
if (failed > 0) {
  console.error(`${failed} requests differ`)
  process.exitCode = 1
}

/** Compares the requests of a sample of a document's operations. Returns the number of those that differ. */
async function check(name: keyof typeof documents): Promise<number> {
  const parsed: unknown = JSON.parse(documentText(name))
  const document = new OpenApiDocument(parsed, name)
  const tools = new Map(openApiTools(parsed, { name, baseUrl: recorder.url }).map((tool) => [tool.name, tool]))
  const random = new RandomInput(document, randomFrom(seed))
  const operations = [...foundOperations(document)].map((found) => readOperation(document, found))
  const chosen = random.shuffled(operations).slice(0, sample)
  const counts = { same: 0, values: 0 }
  for (const operation of chosen) {
    const request = randomRequest(document, operation, random)
    const tool = tools.get(operation.id)
    const ours = await recorder.requestOf(async () => await tool?.call(request.input, callContext()))
    const single = singleDocument(document, rawOperation(document, operation), {
      ...operation,
      parameters: rawParameters(document, operation),
      server: recorder.url,
    })
    const other = await recorder.requestOf(async () => await client.send(single, request.other))
    const all = [
      ...differencesBetween(ours, other, request.undefinedValues),
      ...bracketDifferences(ours, request.undefinedValues),
    ]
    counts.values += request.undefinedValues.size
    if (all.length === 0) counts.same++
    else console.error(`${operation.method} ${operation.path} (${operation.id})\n  ${all.join('\n  ').slice(0, 2000)}`)
  }
  console.log(
    `${name}: ${counts.same} of ${chosen.length} requests are equal (${operations.length} operations), ` +
      `${counts.values} nested values read back by qs`,
  )
  return chosen.length - counts.same
}

function rawItem(document: OpenApiDocument, { path }: Operation): Readonly<Record<string, unknown>> {
  return recordOf(document.resolve(recordOf(member(document.root, 'paths'))[path]))
}

function rawOperation(document: OpenApiDocument, operation: Operation): Readonly<Record<string, unknown>> {
  return recordOf(member(rawItem(document, operation), operation.method.toLowerCase()))
}

function rawParameters(document: OpenApiDocument, operation: Operation): readonly unknown[] {
  const own = listOf(member(rawOperation(document, operation), 'parameters'))
  return [...own, ...listOf(member(rawItem(document, operation), 'parameters'))]
}
