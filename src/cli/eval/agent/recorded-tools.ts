import type { Tool } from '../../../index.ts'
import type { RecordedCall } from '../checks/run-end.ts'
import { isObject } from '../values/fields.ts'

/** Returns the tools of servers, which add their calls to a list. */
export function recordedTools(tools: readonly Tool[], calls: RecordedCall[]): readonly Tool[] {
  return tools.map((tool) => ({
    ...tool,
    async call(input, context) {
      const record = (succeeded: boolean): void => {
        calls.push({ server: tool.server ?? '', tool: tool.name, input, succeeded })
      }
      try {
        const result = await tool.call(input, context)
        record(!isObject(result) || result['isError'] !== true)
        return result
      } catch (error) {
        record(false)
        throw error
      }
    },
  }))
}
