import { isRecord } from '../../../protocol/json.ts'

/** How to revert a call of an MCP tool: another tool of the server, and a template of its input. */
export type RevertSetting = { readonly tool: string; readonly input: unknown }

/**
 * Parses `"revert": { "tool": "delete_x", "input": { "id": "$result.structuredContent.id" } }`. `fail` throws an error with the
 * problem.
 */
export function parseRevertSetting(value: unknown, path: string, fail: (text: string) => never): RevertSetting {
  if (!isRecord(value)) return fail(`"${path}" must be an object`)
  const { tool, input = {}, ...others } = value
  const [other] = Object.keys(others)
  if (other !== undefined) return fail(`"${path}" has the unknown key ${JSON.stringify(other)}; expected tool, input`)
  if (typeof tool !== 'string' || tool === '') return fail(`"${path}.tool" must be the name of a tool of this server`)
  if (!isRecord(input)) return fail(`"${path}.input" must be an object`)
  checkTemplate(input, `${path}.input`, fail)
  return { tool, input }
}

/** A reference to a part of the input or of the result. */
const reference = /^\$(input|result)((?:\.[^.]+)*)$/

function checkTemplate(value: unknown, path: string, fail: (text: string) => never): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) checkTemplate(element, `${path}[${index}]`, fail)
  } else if (isRecord(value)) {
    for (const [key, member] of Object.entries(value)) checkTemplate(member, `${path}.${key}`, fail)
  } else if (typeof value === 'string' && /^\$(?!\$)/.test(value) && !reference.test(value)) {
    fail(
      `"${path}" is ${JSON.stringify(value)}; expected "$input.<path>", "$result.<path>" or another string ("$$…" for "$…")`,
    )
  }
}

/**
 * Fills a template: replaces `$input.<path>` and `$result.<path>` with the referenced parts. Numbers in a path are indexes of a list.
 * Throws for a reference to a missing part.
 */
export function filledTemplate(
  template: unknown,
  call: { readonly input: unknown; readonly result: unknown },
): unknown {
  if (Array.isArray(template)) return template.map((element: unknown) => filledTemplate(element, call))
  if (isRecord(template)) {
    return Object.fromEntries(Object.entries(template).map(([key, member]) => [key, filledTemplate(member, call)]))
  }
  if (typeof template !== 'string' || !template.startsWith('$')) return template
  const [, root, path = ''] = reference.exec(template) ?? []
  if (root === undefined) return template.slice(1)
  let found = root === 'input' ? call.input : call.result
  for (const name of path.split('.').slice(1)) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) {
      throw new TypeError(`Cannot revert the call: ${template} does not exist, ${JSON.stringify(name)} is missing`)
    }
    found = Object.getOwnPropertyDescriptor(found, name)?.value
  }
  return found
}
