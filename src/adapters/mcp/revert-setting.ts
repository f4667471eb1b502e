import { isRecord } from '../../protocol/json.ts'

/** What undoes a tool of an MCP server: another tool of it, and a template of the input that this one gets. */
export type RevertSetting = { readonly tool: string; readonly input: unknown }

/**
 * Reads `"revert": { "tool": "delete_x", "input": { "id": "$result.structuredContent.id" } }`. `fail` gets what is wrong, and
 * throws.
 */
export function parseRevertSetting(value: unknown, path: string, fail: (text: string) => never): RevertSetting {
  if (!isRecord(value)) return fail(`"${path}" has to be an object`)
  const { tool, input = {}, ...others } = value
  const [other] = Object.keys(others)
  if (other !== undefined) return fail(`"${path}" has the unknown key ${JSON.stringify(other)}; known: tool, input`)
  if (typeof tool !== 'string' || tool === '') return fail(`"${path}.tool" has to be the name of a tool of this server`)
  if (!isRecord(input)) return fail(`"${path}.input" has to be an object`)
  checkTemplate(input, `${path}.input`, fail)
  return { tool, input }
}

/** A text that stands for a part of the input or of the result. */
const reference = /^\$(input|result)((?:\.[^.]+)*)$/

function checkTemplate(value: unknown, path: string, fail: (text: string) => never): void {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) checkTemplate(element, `${path}[${index}]`, fail)
  } else if (isRecord(value)) {
    for (const [key, member] of Object.entries(value)) checkTemplate(member, `${path}.${key}`, fail)
  } else if (typeof value === 'string' && /^\$(?!\$)/.test(value) && !reference.test(value)) {
    fail(
      `"${path}" is ${JSON.stringify(value)}; "$input.<path>", "$result.<path>" or a text is expected ("$$…" for "$…")`,
    )
  }
}

/**
 * The template with `$input.<path>` and `$result.<path>` in the place of which stand the parts that they name; numbers in a path
 * are places in a list. Throws when one names nothing.
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
      throw new TypeError(`the call cannot be undone: ${template} names nothing, there is no ${JSON.stringify(name)}`)
    }
    found = Object.getOwnPropertyDescriptor(found, name)?.value
  }
  return found
}
