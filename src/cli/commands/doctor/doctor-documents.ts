import { messageOf } from '../../../errors.ts'
import { loadOpenApiConfig, openApiToolsOf, type OpenApiConfig, type OpenApiWarning } from '../../../openapi.ts'
import { printable } from '../../common/printable.ts'
import type { Finding } from './doctor-finding.ts'

/** Reads the OpenAPI documents of a configuration file. Reports each, and the security schemes without credentials. */
export async function documentFindings(file: string): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  try {
    const onInvalid = (error: unknown): void => void findings.push(broken(error))
    for (const config of await loadOpenApiConfig(file, { onInvalid })) findings.push(...(await findingsOf(config)))
  } catch {
    // The servers of the file have the same problem.
  }
  return findings
}

const adviceOn: Readonly<Record<OpenApiWarning, string>> = {
  credentials_missing: 'Add the credentials to the entry, unless the operations work without them',
  operation_skipped: 'Correct the document if you need the operation',
}

async function findingsOf({ file, options }: OpenApiConfig): Promise<readonly Finding[]> {
  const notes: Finding[] = []
  const onWarning = (text: string, reason: OpenApiWarning): void => {
    notes.push(finding('note', text, adviceOn[reason]))
  }
  try {
    const tools = await openApiToolsOf([{ file, options: { ...options, onWarning } }])
    const name = options.name ?? file
    return [finding('ok', `OpenAPI document "${name}" has ${tools.length} tools`, null), ...notes]
  } catch (error) {
    return [broken(error)]
  }
}

function broken(error: unknown): Finding {
  return finding('broken', messageOf(error), 'Correct the entry in "openapi"')
}

function finding(state: Finding['state'], text: string, advice: string | null): Finding {
  return { check: 'openapi_documents', state, text: printable(text), advice }
}
